"""Training with Lightning: the Trainer and its callbacks, the run folder, the logged curves."""

import csv
import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint, Timer
from lightning.pytorch.loggers import CSVLogger

from . import data, model, names
from .files import InputError
from .settings import ModelSettings, TrainingSettings


def train(
    settings: TrainingSettings, text: data.ShakespeareDataset, build: str | Path, **options: Any
) -> tuple[model.CharLSTM, Path]:
    """Train, or reuse a finished run: (network, run folder). The Trainer takes `options`."""
    facts = settings.model_dump(include=set(TrainingSettings.model_fields)) | options
    run = run_folder(build, "carried", text, facts)
    L.seed_everything(settings.seed, verbose=False)
    batches = data.ShakespeareData(text.split(), settings)
    sizes = settings.model_dump(include=set(ModelSettings.model_fields))
    if settings.copy_size:
        sizes |= {"copy_size": settings.copy_size, "memory": settings.memory}
    network = (model.CopyLSTM if settings.copy_size else model.CharLSTM)(text.chars, **sizes)
    options |= {"max_epochs": settings.epochs, "limit_train_batches": settings.limit_batches}
    return fit(network, batches, run, settings.seed, **options), run


def fit(
    network: model.CharLSTM, batches: Any, run: Path, seed: int, checks: Any = None, **options: Any
) -> model.CharLSTM:
    """Train in the folder `run`, or resume there; returns the network with its best weights."""
    keep: Any = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(run, "best", monitor="val_loss", **keep)
    last = ModelCheckpoint(run, "last", monitor="epoch", mode="max", **keep)
    trainer = L.Trainer(
        precision=precision(),
        gradient_clip_val=1.0,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
        logger=CSVLogger(run, name="logs", flush_logs_every_n_steps=1),
        log_every_n_steps=10,
        callbacks=[best, last, LearningRateMonitor("step"), Progress(seed)],
        num_sanity_val_steps=0,
        **{"enable_progress_bar": False, "enable_model_summary": False, "devices": 1} | options,
    )
    resumed = run / "last.ckpt" if (run / "last.ckpt").exists() else None
    try:  # a finished run ends at once
        trainer.fit(network, batches, checks, ckpt_path=resumed, weights_only=True)
    except SystemExit:  # what Lightning makes of a KeyboardInterrupt
        raise InputError("Training was stopped: run the same again to resume.") from None
    weights = torch.load(run / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
    network.load_state_dict(weights)
    return network.cpu().eval()


class Progress(Timer):
    """Seeds each epoch, prints a line after it, stops at a loss that is not finite."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: Any) -> None:
        # Seed and epoch alone decide on dropout and shuffling, so a resumed run draws the same.
        torch.manual_seed(1_000 * self.seed + trainer.current_epoch)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        losses = {k: v.item() for k, v in trainer.callback_metrics.items() if k.endswith("loss")}
        spent, epoch = self.time_elapsed("train"), trainer.current_epoch + 1
        if not math.isfinite(sum(losses.values())):
            raise InputError(f"No finite loss in epoch {epoch}: choose a smaller learning_rate.")
        # Log before the checkpoint is written, so that a resumed run never lacks these losses.
        trainer.logger.log_metrics(losses | {"seconds": spent}, trainer.global_step - 1)
        shown = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        times = f"{spent:.0f} s, {spent * (trainer.max_epochs / epoch - 1):.0f} s left"
        trainer.print(f"epoch {epoch}/{trainer.max_epochs}: {shown}, {times}", flush=True)


def precision() -> Any:
    """bfloat16 where the hardware is fast in it, else float32."""
    cpu: Any = getattr(torch.cpu, "get_capabilities", dict)()  # older versions do not tell
    # AMX is fast, and so is AMD (which has sse4a); Intel's AVX-512 is slower than in float32.
    fast = cpu.get("amx_bf16") or (cpu.get("avx512_bf16") and cpu.get("sse4a"))
    if torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16-mixed" if fast else "32-true"


def run_folder(build: str | Path, name: str, text: data.ShakespeareDataset, facts: dict) -> Path:
    """The folder of a run, named after a digest of text, facts and the code that trains."""
    sources = (data.__file__, names.__file__, model.__file__, __file__)
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources))
    digest.update(text.data.numpy().tobytes())
    digest.update(json.dumps([text.chars, facts], sort_keys=True, default=str).encode())
    return Path(build) / "runs" / f"{name}-{digest.hexdigest()[:12]}"


def read_curves(run: Path) -> dict[str, tuple[list[int], list[float]]]:
    """What a run logged, {name: (steps, values)}, the parts between interruptions joined."""
    curves: dict[str, dict[int, float]] = {}
    for path in sorted((run / "logs").glob("version_*/metrics.csv"), key=os.path.getmtime):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                for name in row.keys() - {"step", "epoch"}:
                    if row[name]:
                        curves.setdefault(name, {})[int(row["step"])] = float(row[name])
    return {name: (sorted(by), [by[step] for step in sorted(by)]) for name, by in curves.items()}
