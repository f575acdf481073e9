"""Train one setting as notebook 03 does and add a line to report/experiments.csv.

python report/experiments.py NAME '{"profile": "quick", "copy_size": 0}' ["a note"]
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import date
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, Timer

from shakespeare.course import Progress, checkpoint, precision, run_folder, settings
from shakespeare.data import ShakespeareData, ShakespeareDataset
from shakespeare.evaluation import both_protocols, cold_losses
from shakespeare.model import CharLSTM

ROOT = Path(__file__).resolve().parents[1]
LOG = ROOT / "report" / "experiments.csv"
MODEL = ("embedding_size", "hidden_size", "num_layers", "dropout", "copy_size", "memory", "learning_rate")
MODEL += ("weight_decay", "seed")
DATA = ("batch_size", "seq_len", "renamed")


def main(name: str, changes: dict, note: str = "") -> None:
    shown = json.dumps(changes)
    carry_state = changes.pop("carry_state", True)
    p = settings(changes.pop("profile", "quick"), **changes)
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=p.seq_len)
    options = {key: getattr(p, key) for key in MODEL} | {"one_cycle": True, "carry_state": carry_state}
    sizes = {key: getattr(p, key) for key in DATA} | {"epochs": p.epochs}
    run = run_folder(ROOT / "build" / "experiments", name, text, options | sizes)
    L.seed_everything(p.seed, verbose=False)
    model, timer = CharLSTM(text.chars, **options), Timer()
    trainer = L.Trainer(
        max_epochs=p.epochs,
        devices=1,
        precision=precision(),
        gradient_clip_val=1.0,
        reload_dataloaders_every_n_epochs=1,
        logger=False,
        callbacks=[timer, ModelCheckpoint(run, "last", enable_version_counter=False), Progress(timer)],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    data = ShakespeareData(text.split(), p.batch_size, p.seq_len, p.seed, p.renamed)
    trainer.fit(model, data, ckpt_path=checkpoint(run), weights_only=True)
    losses = both_protocols(model, text)
    train = text.split().train
    row = {"name": name, "profile and changes": shown, "seed": p.seed, "epochs": p.epochs}
    row |= {"parameters": sum(weight.numel() for weight in model.parameters())}
    row |= {"minutes": f"{timer.time_elapsed('train') / 60:.1f}", "threads": torch.get_num_threads()}
    row |= {"precision": precision(), "date": date.today().isoformat(), "code": "report/experiments.py"}
    row |= {"train_cold": f"{float(cold_losses(model, train.part(0, 111_540, 'first')).mean()):.4f}"}
    row |= {f"{protocol}_{part}": f"{loss:.4f}" for protocol, of in losses.items() for part, loss in of.items()}
    row |= {"note": note}
    print(row)
    new = not LOG.exists()
    with LOG.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row.keys(), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), *sys.argv[3:])
