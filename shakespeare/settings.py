"""What is trained: recipes, which are in recipes/*.toml, and the settings of a training.

A recipe has two tables: `network` names a class and the arguments that it is called with, and
`training` has the settings that the class Settings describes.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .files import InputError

FOLDER = Path(__file__).resolve().parent / "recipes"
PROFILES = ("smoke", "quick", "full")
RECIPES = ("baseline", "final")

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Rate = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """How a network is trained. The defaults are those of the student's recipe."""

    # Each is known, finite, of its type (1.0 is no whole number), and stays as it is.
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

    data: str = Field("RandomWindows", description="class of the batches, see pretrained.py")
    batch_size: Count = Field(description="windows in a batch")
    seq_len: Count = Field(description="characters in a window")
    epochs: Count = Field(description="an epoch reads as many characters as the training part has")
    limit_batches: Count | None = Field(None, description="batches in an epoch, if not all")
    learning_rate: Rate = Field(description="of Adam; in a schedule, the highest")
    schedule: Literal["constant", "one_cycle", "cosine"] = Field(
        "constant", description="of the learning rate"
    )
    weight_decay: Rate = Field(description="of Adam")
    gradient_clip: Annotated[float, Field(gt=0)] = Field(
        1.0, description="a longer gradient is shortened to this length"
    )
    seed: Annotated[int, Field(ge=0, lt=2**32)] = Field(
        description="of the initial weights and of all that training draws"
    )
    precision: Literal["32-true", "bf16-mixed"] | None = Field(
        None, description="of the arithmetic, if not the best for the processor"
    )

    def changed(self, **changes: Any) -> Self:
        """These settings, some of them changed. Raises InputError, as `load_recipe` does."""
        return type(self).validated(self.model_dump() | changes)

    @classmethod
    def validated(cls, values: Mapping[str, Any]) -> Self:
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise InputError(sentence(error)) from None


class Recipe(NamedTuple):
    network: dict[str, Any]  # the class's name under "class", and its arguments
    training: Settings


def load_recipe(
    profile: str, name: str = "final", changes: Mapping[str, Any] | None = None
) -> Recipe:
    """A recipe of a profile, with changes such as {"network.hidden_size": 256}.

    Raises InputError for an unknown profile, recipe or setting, for a value of a wrong type, and
    for one of the training out of range. (`make_network` refuses what else its class can't use.)
    """
    tables = read_profile(profile)
    if name not in tables:
        raise InputError(f"There is no recipe {name!r}: choose one of {', '.join(tables)}.")
    return changed_recipe(tables[name]["network"], tables[name]["training"], changes or {})


def changed_recipe(
    network: Mapping[str, Any], training: Mapping[str, Any], changes: Mapping[str, Any]
) -> Recipe:
    """The recipe of two tables, with changes. Raises InputError, as `load_recipe` does."""
    tables: dict[str, dict[str, Any]] = {"network": dict(network), "training": dict(training)}
    known = [f"network.{setting}" for setting in network]
    known += [f"training.{setting}" for setting in Settings.model_fields]
    has_other_class = "network.class" in changes  # and so perhaps other arguments
    for name, value in changes.items():
        table, _, setting = name.partition(".")
        if name not in known and not (table == "network" and has_other_class):
            raise InputError(f"The setting {name} is unknown: the settings are {', '.join(known)}.")
        if table == "network" and setting != "class":
            check_type(name, value, tables[table].get(setting, value))
        tables[table][setting] = value
    return Recipe(tables["network"], Settings.validated(tables["training"]))


def check_type(name: str, value: Any, now: Any) -> None:
    """Raise InputError for a value of another type than the recipe has now."""
    allowed = {int, float} if isinstance(now, float) else {type(now)}
    if type(value) not in allowed:  # or the word "false" would count as true
        raise InputError(
            f"The setting {name} = {value!r} is refused: give a value like the recipe's, {now}."
        )


def read_profile(profile: str) -> dict[str, dict[str, dict[str, Any]]]:
    """The tables of a profile's file, by recipe."""
    if profile not in PROFILES:
        raise InputError(f"There is no profile {profile!r}: choose one of {', '.join(PROFILES)}.")
    return tomllib.loads((FOLDER / f"{profile}.toml").read_text(encoding="utf-8"))


def sentence(error: ValidationError) -> str:
    """What pydantic found wrong first, in one sentence."""
    wrong = error.errors()[0]
    name = f"training.{wrong['loc'][0]}"
    if wrong["type"] == "extra_forbidden":
        known = ", ".join(f"training.{each}" for each in Settings.model_fields)
        return f"The setting {name} is unknown: the settings are {known}."
    if wrong["type"] == "missing":
        return f"The setting {name} is missing: give it a value."
    return f"The setting {name} = {wrong['input']!r} is refused: {wrong['msg'].lower()}."
