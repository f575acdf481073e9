"""Trained models on disk, in the Hub's layout: config.json, model.safetensors, README.md."""

import json
from pathlib import Path
from typing import Any, Self

from huggingface_hub import PyTorchModelHubMixin
from safetensors.torch import load_model

from .files import InputError

SHIPPED = Path(__file__).parent / "weights"


class Pretrained(PyTorchModelHubMixin):
    """`save_pretrained`, `push_to_hub` and `from_pretrained` for a network."""

    def save_pretrained(self, save_directory: str | Path, **options: Any) -> Any:
        """Write config.json, model.safetensors and, where there is none, a model card."""
        config = {"architecture": type(self).__name__, **self.hparams}  # type: ignore[attr-defined]
        return super().save_pretrained(save_directory, config=config, **options)

    @classmethod
    def from_pretrained(cls, name: str | Path = "full") -> Self:  # type: ignore[override]
        """A shipped model, or a folder's, of the class in its config.json; downloads nothing."""
        folder = SHIPPED / name if (SHIPPED / name).is_dir() else Path(name)
        if not (folder / "config.json").is_file():
            raise InputError(f"There is no model {name}: choose full, small or a folder of yours.")
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            kinds = {kind.__name__: kind for kind in (cls, *cls.__subclasses__())}
            model: Any = kinds[config.pop("architecture")](**config)
            load_model(model, folder / "model.safetensors", strict=True)
        except Exception as error:  # json, safetensors and torch each raise their own
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise InputError(f"The model in {folder} is damaged ({reason}): restore it.") from None
        return model.eval()
