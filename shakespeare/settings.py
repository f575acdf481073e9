"""Every setting: its type, range, default and meaning; the profiles say what differs."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .files import InputError

Count = Annotated[int, Field(ge=1, le=1 << 20)]
Rate = Annotated[float, Field(ge=0, le=1)]


class ModelSettings(BaseModel):
    """What `CharLSTM` takes, besides the vocabulary."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    embedding_size: Count = Field(32, description="numbers that stand for a character")
    hidden_size: Count = Field(224, description="cells of a layer")
    num_layers: int = Field(2, ge=1, le=64, description="LSTM layers")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of features dropped in training")
    carry_state: bool = Field(True, description="from batch to batch")
    one_cycle: bool = Field(True, description="let the learning rate rise, then fall to zero")
    learning_rate: Rate = Field(6e-3, description="of Adam; with one_cycle the highest")
    weight_decay: Rate = Field(1e-6, description="of Adam")


class TrainingSettings(ModelSettings):
    """All that a trained network depends on, besides text and code."""

    copy_size: int = Field(64, ge=0, le=1 << 16, description="size of the copy head's keys, or 0")
    memory: Count = Field(256, description="characters back that it copies from in training")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="of weights, dropout and data order")
    batch_size: Count = Field(32, description="streams side by side")
    seq_len: Count = Field(64, description="characters of a stream in a batch")
    rename_share: Rate = Field(0.75, description="share of the text with invented names")
    epochs: Count = Field(3, description="passes over the training text")
    limit_batches: Count | None = Field(None, description="batches in an epoch; None for all")


class Settings(TrainingSettings):
    """All settings of the course."""

    # notebook 02: the small network whose gates are drawn, and what the forget bias does
    small_hidden_size: Count = Field(64, description="cells of the small network")
    small_steps: Count = Field(600, description="its training steps")
    recall_steps: Count = Field(250, description="training steps of the recall task")
    early_steps: Count = Field(80, description="training steps on the text")
    bias_seeds: Count = Field(5, description="seeds of each bias")
    # notebook 03: choices on the validation half, and windows split at random
    memories: list[Count] = Field([256, 512, 1024, 2048], description="memories to choose from")
    dynamic_rates: list[Rate] = Field([3e-4], min_length=1, description="step sizes to try")
    leak_characters: Count = Field(150_000, description="characters of the leak study")
    leak_hidden_size: Count = Field(384, description="cells of its network")
    leak_epochs: Count = Field(17, description="its passes over these characters")
    # notebook 04: how much is written, and what the network does
    sample_length: Count = Field(600, description="characters of the first text")
    study_samples: Count = Field(16, description="texts in the study of what is written")
    study_length: Count = Field(1_000, description="characters of each")
    speed_length: Count = Field(400, description="characters to measure the speed with")
    cell_characters: Count = Field(20_000, description="characters in which cells are watched")
    context_blocks: Count = Field(128, description="blocks of 32 characters to predict")


PROFILES: dict[str, dict[str, Any]] = {
    "smoke": {
        **{"embedding_size": 16, "hidden_size": 48, "epochs": 2, "limit_batches": 60},
        **{"memories": [256, 1024], "dynamic_rates": [1e-3], "bias_seeds": 2, "early_steps": 10},
        **{"small_steps": 40, "recall_steps": 20, "leak_characters": 40_000, "leak_epochs": 3},
        **{"leak_hidden_size": 48, "sample_length": 200, "study_samples": 4, "study_length": 200},
        **{"speed_length": 50, "cell_characters": 2_000, "context_blocks": 8},
    },
    "quick": {},
    "small": {
        **{"hidden_size": 248, "dropout": 0.2, "learning_rate": 5e-3, "seq_len": 100, "epochs": 10},
    },
    "full": {
        **{"embedding_size": 128, "hidden_size": 512, "dropout": 0.4, "learning_rate": 3e-3},
        **{"seq_len": 128, "epochs": 8, "study_samples": 64, "study_length": 2_000},
        "dynamic_rates": [1e-4, 2e-4, 4e-4],
    },
}


def load_settings(profile: str, changes: dict[str, Any] | None = None) -> Settings:
    """The settings of a profile, some of them changed. Raises InputError for whatever is wrong."""
    if profile not in PROFILES:
        raise InputError(f"There is no profile {profile!r}: choose one of {', '.join(PROFILES)}.")
    try:
        return Settings(**PROFILES[profile] | (changes or {}))
    except ValidationError as error:
        wrong = error.errors()[0]
        name, said = ".".join(map(str, wrong["loc"])), wrong["msg"].lower()
        if wrong["type"] == "extra_forbidden":
            said = f"the settings are {', '.join(Settings.model_fields)}"
        raise InputError(f"The setting {name} = {wrong['input']!r} is refused: {said}.") from None


def build_folder(profile: str, text: str | Path) -> Path:
    """Where results go, below the root: build/quick, or build/quick-a+b.txt for a/b.txt."""
    load_settings(profile)
    root = Path(__file__).resolve().parents[1]
    name = os.path.abspath(text).removeprefix(f"{root}/").replace("/", "+").replace(" ", "_")
    return root / "build" / (profile if name == "input.txt" else f"{profile}-{name.strip('+')}")


if __name__ == "__main__":  # for the Makefile: python -m shakespeare.settings PROFILE TEXT
    try:
        print(os.path.relpath(build_folder(*sys.argv[1:])))
    except InputError as error:
        sys.exit(f"{error}")
