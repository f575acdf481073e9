"""The settings: their types, ranges and meanings. Their values are in profiles/*.toml."""

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from .files import TINY_SHAKESPEARE, InputError, read_text, text_hash

HERE = Path(__file__).resolve().parent
PROFILES = ("smoke", "quick", "full")
RECIPES = ("baseline", "rungs", "final", "page")

Size = Annotated[int, Field(ge=1, le=10_000)]
SizeOrZero = Annotated[int, Field(ge=0, le=10_000)]  # 0: there is no such part
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Rate = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Settings(BaseModel):
    """What a network and its training depend on, besides text and code.

    What has a default is no part of the student's recipe.
    """

    # They can't be changed; each is known, finite, and of its type (1.0 is no whole number).
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    # The network
    embedding_size: Size = Field(description="length of the vector for a character")
    hidden_size: Size = Field(description="LSTM cells in a layer")
    num_layers: Annotated[int, Field(ge=1, le=100)] = Field(description="layers")
    network: str = Field("CharLSTM", description="class of the network, see networks.py")
    dropout: Share = Field(0.0, description="share of features dropped in training")
    layer_norm: bool = Field(False, description="normalise the outputs of each layer")
    copy_size: SizeOrZero = Field(0, description="size of the copy head's keys")
    memory: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        0, description="characters back that it copies from in training"
    )
    heads: SizeOrZero = Field(0, description="heads of self-attention")
    context: SizeOrZero = Field(0, description="characters back that it attends to")

    # Its training
    learning_rate: Rate = Field(description="of Adam")
    weight_decay: Rate = Field(description="of Adam")
    seed: Seed = Field(description="of the initial weights and of all that training draws")
    batch_size: Count = Field(description="windows in a batch")
    seq_len: Count = Field(description="characters in a window")
    epochs: Count = Field(description="an epoch reads as many characters as the training part has")
    limit_batches: Count | None = Field(None, description="batches in an epoch, if not all")
    one_cycle: bool = Field(
        False, description="let the learning rate rise, then fall to 0 along a cosine"
    )
    carry_state: bool = Field(False, description="train on streams, the state carried on")
    rename_share: Share = Field(
        0.0, description="share of the text that has invented names; in the end, a third of it"
    )
    precision: Literal["32-true", "bf16-mixed"] | None = Field(
        None, description="of the arithmetic, if not the best for the processor"
    )

    @model_validator(mode="after")
    def parts_fit_together(self) -> Self:
        if self.rename_share > 0 and not self.carry_state:
            raise ValueError("rename_share needs carry_state: set one to 0 or the other to true")
        return self


def load_settings(
    profile: str, recipe: str = "baseline", changes: dict[str, Any] | None = None
) -> Settings:
    """What a recipe of a profile trains, with some settings changed.

    Raises InputError for an unknown profile or recipe, and for a setting of a wrong type or range.
    """
    recipes = read_profile(profile)
    if recipe not in recipes:
        raise InputError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")
    try:
        return Settings.model_validate(recipes[recipe] | (changes or {}))
    except ValidationError as error:
        raise InputError(_sentence(error)) from None


def read_profile(profile: str) -> dict[str, dict[str, Any]]:
    """The values in a profile's file, by recipe."""
    if profile not in PROFILES:
        raise InputError(f"There is no profile {profile!r}: choose one of {', '.join(PROFILES)}.")
    return tomllib.loads((HERE / "profiles" / f"{profile}.toml").read_text(encoding="utf-8"))


def check_setting(name: str, value: Any) -> None:
    """Raise ValueError for a value of a wrong type or range."""
    field = Settings.model_fields[name]
    wanted: Any = Annotated[field.annotation, field]
    TypeAdapter(wanted).validate_python(value, strict=True)


def _sentence(error: ValidationError) -> str:
    """What pydantic found wrong first, in one sentence."""
    wrong = error.errors()[0]
    name = ".".join(map(str, wrong["loc"]))
    if wrong["type"] == "extra_forbidden":
        known = ", ".join(Settings.model_fields)
        return f"The setting {name} is unknown: the settings are {known}."
    if wrong["type"] == "value_error":  # of parts_fit_together
        return f"{wrong['ctx']['error']}."
    return f"The setting {name} = {wrong['input']!r} is refused: {wrong['msg'].lower()}."


def build_folder(profile: str, path: str | Path, changes: dict[str, Any] | None = None) -> Path:
    """Where results go: build/quick, or for another text build/quick-story-1a2b3c4d.

    With changed settings, "-changed-5e6f7a8b" is added. The digits stand for the content of the
    text and of the changes, so no two of them share a folder.
    Raises InputError for an unknown profile or an unreadable text.
    """
    read_profile(profile)
    text = text_hash(read_text(path))
    words = [profile]
    if text != TINY_SHAKESPEARE:
        words.append(re.sub(r"[^\w-]+", "_", Path(path).stem)[:40])  # any shell can take it
        words.append(text[:8])
    if changes:
        content = json.dumps(changes, sort_keys=True, default=str)
        words.append(f"changed-{hashlib.sha256(content.encode()).hexdigest()[:8]}")
    return HERE.parent / "build" / "-".join(words)
