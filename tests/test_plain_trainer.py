"""The snapshots of notebook 03, and what a training has in common with a plain Trainer."""

import lightning as L
import torch
from conftest import same, small_baseline, train_recipe
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger

from course.snapshots import Snapshots
from shakespeare.pretrained import from_pretrained
from shakespeare.training import Learner, best_precision, make_data, make_network, train


def test_a_snapshot_is_the_network_before_its_step_and_changes_none(excerpt, tmp_path):
    split = excerpt.split()
    recipe = small_baseline(epochs=1)
    folder = tmp_path / "with"
    network = train_recipe(recipe, split, folder, [Snapshots([0, 5, 100])])
    assert same(network, train_recipe(recipe, split, tmp_path / "without"))
    saved = {path.name for path in folder.glob("step-*")}
    assert saved == {"step-0", "step-5"}  # the training ends before step 100
    untrained = make_network(recipe, excerpt.chars)
    assert same(from_pretrained(folder / "step-0"), untrained)
    for other in (untrained, network):
        assert not same(from_pretrained(folder / "step-5"), other)


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
