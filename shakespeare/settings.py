"""The settings: their types, ranges and meanings. Their values are in profiles/*.toml."""

import re
import tomllib
from pathlib import Path, PurePath
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .digests import TINY_SHAKESPEARE, text_digest
from .files import InputError, read_pieces

HERE = Path(__file__).resolve().parent
PROFILES = ("smoke", "quick", "full")
RECIPES = ("baseline", "rungs", "final", "page")

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Rate = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """What the student's network and its training depend on, besides text and code."""

    # No setting can be changed, is unknown, has another type (such as 1.0 for 1), or is not finite.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    embedding_size: Count = Field(description="length of the vector for a character")
    hidden_size: Count = Field(description="LSTM cells in a layer")
    num_layers: Count = Field(description="LSTM layers")
    learning_rate: Rate = Field(description="of Adam")
    weight_decay: Rate = Field(description="of Adam")
    seed: Seed = Field(description="of the initial weights and of all that training draws")
    batch_size: Count = Field(description="windows in a batch")
    seq_len: Count = Field(description="characters in a window")
    epochs: Count = Field(description="an epoch reads as many characters as the training part has")
    limit_batches: Count | None = Field(None, description="batches in an epoch, if not all")


SomeSettings = TypeVar("SomeSettings", bound=Settings)


def load_settings(
    profile: str, recipe: str = "baseline", changes: dict[str, Any] | None = None
) -> Settings:
    """What the student's recipe trains in a profile, with some settings changed.

    Raises InputError for an unknown profile or recipe, and for a setting of a wrong type or range.
    """
    return load_checked(Settings, profile, recipe, changes)


def load_checked(
    settings_class: type[SomeSettings],
    profile: str,
    recipe: str,
    changes: dict[str, Any] | None = None,
) -> SomeSettings:
    """A recipe of a profile, with some settings changed, checked by a class of settings."""
    values = read_profile(profile)
    if recipe not in values:
        raise InputError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")
    try:
        chosen = values[recipe] | (changes or {})
        return settings_class.model_validate(chosen)
    except ValidationError as error:
        raise InputError(_sentence(error, settings_class)) from None


def read_profile(profile: str) -> dict[str, dict[str, Any]]:
    """The values in a profile's file, by recipe."""
    if profile not in PROFILES:
        raise InputError(f"There is no profile {profile!r}: choose one of {', '.join(PROFILES)}.")
    return tomllib.loads((HERE / "profiles" / f"{profile}.toml").read_text(encoding="utf-8"))


def _sentence(error: ValidationError, settings_class: type[Settings]) -> str:
    """What pydantic found wrong first, in one sentence."""
    wrong = error.errors()[0]
    name = ".".join(map(str, wrong["loc"]))
    if wrong["type"] == "extra_forbidden":
        known = ", ".join(settings_class.model_fields)
        return f"The setting {name} is unknown: the settings are {known}."
    if wrong["type"] == "missing":
        return f"The setting {name} is missing: give it a value."
    if wrong["type"] == "value_error":  # two that don't fit together: see BeyondSettings
        return f"{wrong['ctx']['error']}."
    return f"The setting {name} = {wrong['input']!r} is refused: {wrong['msg'].lower()}."


def build_folder(profile: str, path: str | Path) -> Path:
    """Where a text's results go: build/quick for input.txt, else build/quick-story-1a2b3c4d.

    The name has a digest of the text: a changed text gets another folder, whatever its date, and
    two texts never share one. Raises InputError for an unreadable text.
    """
    read_profile(profile)  # refuses an unknown one
    return HERE.parent / "build" / folder_name(profile, Path(path), text_digest(read_pieces(path)))


def folder_name(profile: str, path: PurePath, digest: str) -> str:
    if digest == TINY_SHAKESPEARE:
        return profile
    name = re.sub(r"[^\w-]+", "_", path.stem)[:40]  # a word that every shell and system can take
    return f"{profile}-{name}-{digest[:8]}"
