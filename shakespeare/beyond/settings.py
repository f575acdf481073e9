"""The settings of what goes beyond the student's network, which notebook 05 introduces."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ..settings import Settings, load_checked

Share = Annotated[float, Field(ge=0, lt=1)]
Whole = Annotated[int, Field(ge=0)]


class BeyondSettings(Settings):
    """The student's settings, and what the ladder of notebook 05 adds."""

    one_cycle: bool = Field(description="let the learning rate rise to its value, then fall to 0")
    dropout: Share = Field(description="share of features dropped in training")
    carry_state: bool = Field(description="train on streams, the state carried between batches")
    layer_norm: bool = Field(description="normalise the outputs of each layer")
    copy_size: Whole = Field(description="size of the copy head's keys; 0 for no copy head")
    memory: Whole = Field(description="characters back that it copies from in training")
    rename_share: Share = Field(description="share of the text that has invented names")

    @model_validator(mode="after")
    def parts_fit_together(self) -> Self:
        if self.rename_share > 0 and not self.carry_state:
            raise ValueError("rename_share needs carry_state: set one to 0 or the other to true")
        if self.copy_size > 0 and self.memory == 0:
            raise ValueError("copy_size needs memory: set one to 0 or the other to at least 1")
        return self


def load_beyond(profile: str, recipe: str, changes: dict[str, Any] | None = None) -> BeyondSettings:
    """As `load_settings`, for the recipes rungs, final and page."""
    return load_checked(BeyondSettings, profile, recipe, changes)
