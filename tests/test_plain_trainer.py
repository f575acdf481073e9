"""What `train` has in common with Lightning as notebook 03 and its documentation write it."""

import time

import lightning as L
import nbformat
import pytest
import torch
from conftest import ROOT, same, small_baseline, train_recipe
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger

from course.results import Results
from shakespeare import CharLSTM
from shakespeare.data import Batches, RandomWindows, ShakespeareDataset
from shakespeare.settings import load_recipe
from shakespeare.training import Learner, best_precision, make_data, make_network, train
from shakespeare.training_folder import load_checkpoint


class PlainData(L.LightningDataModule):
    """What Lightning's documentation would have us write."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def train_dataloader(self):
        return self.data.batches(self.trainer.current_epoch)

    def val_dataloader(self):
        return self.data.validation()


def test_train_does_what_a_plain_trainer_does(excerpt, tmp_path):
    recipe = small_baseline(epochs=2, gradient_clip=0.7)
    settings = recipe.training
    data = make_data(recipe, excerpt.split())

    def new_network():
        network = make_network(recipe, excerpt.chars)
        torch.nn.init.normal_(network.linear.weight)  # so large that gradients are clipped
        return network

    network = train(new_network(), data, tmp_path / "trained")

    learner = Learner(new_network(), settings)
    checkpoint = ModelCheckpoint(monitor="val_loss")
    trainer = L.Trainer(
        max_epochs=2,
        callbacks=[checkpoint, LearningRateMonitor()],
        logger=CSVLogger(tmp_path, name="plain"),
        accelerator="cpu",
        precision=best_precision(),
        gradient_clip_val=0.7,
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=False,
    )
    trainer.fit(learner, datamodule=PlainData(data))
    best = torch.load(checkpoint.best_model_path, weights_only=True)
    learner.load_state_dict(best["state_dict"])
    assert same(learner.network, network)


CELLS = {
    cell.id: cell.source
    for cell in nbformat.read(ROOT / "notebooks" / "03-training.ipynb", as_version=4).cells
}


@pytest.mark.parametrize("profile", ["smoke", "quick"])
def test_the_sizes_in_notebook_03_are_those_of_the_recipe(profile, corpus):
    results = Results(profile)
    names = {"results": results, "split": corpus.split(), "SEQ_LEN": 64, "SEED": 1}
    exec(CELLS["03-sizes"], names)
    recipe = load_recipe(profile, "baseline")
    for size in ("embedding_size", "hidden_size", "num_layers"):
        assert names[size.upper()] == recipe.network[size]
    for setting in ("seq_len", "epochs", "batch_size"):
        assert names[setting.upper()] == getattr(recipe.training, setting)
    whole = len(corpus.split().train.ids) // 64
    batches = recipe.training.limit_batches
    assert names["windows_in_epoch"] == (batches * recipe.training.batch_size if batches else whole)


class WindowsOfTheSampler(RandomWindows):
    """Those that PyTorch's RandomSampler draws."""

    def batches(self, epoch, process=0, processes=1):
        generator = torch.Generator().manual_seed(self.settings.seed)
        for _ in range(epoch + 1):
            order = torch.randperm(len(self.dataset), generator=generator)
        count = self.settings.limit_batches * self.settings.batch_size
        return Batches(self.dataset, order[:count].split(self.settings.batch_size))


def test_train_does_what_the_cells_of_notebook_03_do(excerpt, tmp_path):
    """From the same windows, by the same recipe, the same weights to the bit."""
    recipe = small_baseline(epochs=2, limit_batches=10, learning_rate=1e-3)
    settings = recipe.training
    split = excerpt.split()
    names = {
        "torch": torch,
        "time": time,
        "CharLSTM": CharLSTM,
        "ShakespeareDataset": ShakespeareDataset,
        "corpus": excerpt,
        "split": split,
        "SEED": settings.seed,
        "SEQ_LEN": settings.seq_len,
        "EMBEDDING_SIZE": recipe.network["embedding_size"],
        "HIDDEN_SIZE": recipe.network["hidden_size"],
        "NUM_LAYERS": recipe.network["num_layers"],
        "BATCH_SIZE": settings.batch_size,
        "EPOCHS": settings.epochs,
        "windows_in_epoch": 10 * settings.batch_size,
        "results": Results("smoke"),
    }
    names["results"].folder = tmp_path
    for name in ("03-module", "03-loaders", "03-device", "03-train"):
        exec(CELLS[name], names)
    by_cells = names["recipe"].network

    network = make_network(recipe, excerpt.chars)
    train(network, WindowsOfTheSampler(split, settings), tmp_path / "by train")
    weights = load_checkpoint(tmp_path / "by train" / "last.ckpt")
    network.load_state_dict({name.removeprefix("network."): w for name, w in weights.items()})
    assert same(by_cells, network)


def test_a_long_gradient_is_shortened_to_the_length_that_is_set(excerpt, tmp_path):
    lengths = []

    class Lengths(L.Callback):
        def on_train_batch_end(self, trainer, pl_module, *_):  # they are there until the next one
            squares = [weight.grad.square().sum() for weight in pl_module.parameters()]
            lengths.append(float(torch.stack(squares).sum().sqrt()))

    def longest(clip):
        lengths.clear()
        recipe = small_baseline(epochs=1, gradient_clip=clip, precision="32-true")
        train_recipe(recipe, excerpt.split(), tmp_path / str(clip), [Lengths()])
        return max(lengths)

    assert longest(100.0) > 0.3
    assert 0.0999 < longest(0.1) < 0.1001
