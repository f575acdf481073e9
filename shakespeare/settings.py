"""Every setting in one line: its type and range, its value in each profile, what it means."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .files import InputError

Whole = Annotated[int, Field(ge=0, le=2**32 - 1)]
Count = Annotated[int, Field(ge=1, le=1 << 20)]
Rate = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Rates = Annotated[list[Rate], Field(min_length=1)]


def setting(quick: Any, meaning: str, **profiles: Any) -> Any:
    """A setting's value in the profile quick; `profiles` are its values where they differ."""
    return Field(quick, description=meaning, json_schema_extra=profiles)


class ModelSettings(BaseModel):
    """What `CharLSTM` takes, besides the vocabulary."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    embedding_size: Count = setting(32, "numbers that stand for a character", smoke=16, full=128)
    hidden_size: Count = setting(192, "cells of a layer", smoke=48, small=248, full=512)
    num_layers: Annotated[int, Field(ge=1, le=64)] = setting(2, "LSTM layers")
    dropout: Share = setting(0.1, "share of features dropped in training", full=0.2)
    carry_state: bool = setting(True, "from batch to batch")
    layer_norm: bool = setting(True, "normalise each layer's outputs")
    one_cycle: bool = setting(True, "let the learning rate rise, then fall to zero")
    learning_rate: Rate = setting(6e-3, "of Adam; its peak with one_cycle", small=5e-3, full=3e-3)
    weight_decay: Rate = setting(1e-6, "of Adam")


class TrainingSettings(ModelSettings):
    """All that a trained network depends on, besides text and code."""

    copy_size: Whole = setting(64, "size of the copy head's keys; 0 for no copy head")
    memory: Count = setting(256, "characters back that it copies from in training")
    seed: Whole = setting(1, "of weights, dropout and data order")
    batch_size: Count = setting(32, "streams side by side")
    seq_len: Count = setting(64, "characters of a stream in a batch", small=100, full=128)
    rename_share: Rate = setting(0.75, "of the text has invented names; a third at last")
    epochs: Count = setting(3, "passes over the training text", smoke=2, small=10, full=8)
    limit_batches: Count | None = setting(None, "batches in an epoch; None for all", smoke=20)


class Settings(TrainingSettings):
    """All settings of the course."""

    # notebook 02: the network in NumPy
    small_hidden_size: Count = setting(64, "cells of the small network")
    small_steps: Count = setting(600, "its training steps", smoke=40)
    # notebook 03: the student's report, and windows split at random
    recipe_epochs: Count = setting(3, "passes of the report's own recipe", smoke=2, full=16)
    leak_characters: Count = setting(80_000, "characters of the leak study", smoke=40_000)
    leak_hidden_size: Count = setting(256, "cells of its network", smoke=48)
    leak_epochs: Count = setting(28, "its passes over these characters", smoke=3)
    # notebook 04: how much is written
    sample_length: Count = setting(600, "characters of the first text", smoke=200)
    study_samples: Count = setting(16, "texts in the study of what is written", smoke=4, full=64)
    study_length: Count = setting(1_000, "characters of each", smoke=200, full=2_000)
    speed_length: Count = setting(400, "characters to measure the speed with", smoke=50)
    # notebook 05: choices on the validation half
    memories: list[Count] = setting([256, 512, 1024, 2048], "memories to try", smoke=[256, 1024])
    dynamic_rates: Rates = setting([3e-4], "steps to try", smoke=[1e-3], full=[1e-4, 2e-4, 4e-4])
    committee: Annotated[int, Field(ge=2, le=64)] = setting(2, "networks, a seed each", full=3)
    # notebook 06: what the forget bias does, and what the network looks at
    recall_steps: Count = setting(250, "training steps of the recall task", smoke=20)
    early_steps: Count = setting(80, "training steps on the text", smoke=10)
    bias_seeds: Count = setting(5, "seeds of each bias", smoke=2)
    cell_characters: Count = setting(20_000, "characters in which cells are watched", smoke=2_000)
    context_blocks: Count = setting(128, "blocks of 32 characters to predict", smoke=8)


VALUES: dict[str, Any] = {n: field.json_schema_extra for n, field in Settings.model_fields.items()}
PROFILES: dict[str, dict[str, Any]] = {  # where they differ from the defaults, those of quick
    profile: {name: values[profile] for name, values in VALUES.items() if profile in values}
    for profile in ("smoke", "quick", "small", "full")
}
# The changes that turn any settings into the student's report's recipe.
RECIPE: dict[str, Any] = {"copy_size": 0, "rename_share": 0.0, "carry_state": False}
RECIPE |= {"layer_norm": False, "one_cycle": False, "dropout": 0.0, "learning_rate": 1e-3}


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
