"""Losses and learning rate by step, of which notebook 05 draws curves."""

import lightning as L
import pytest
from conftest import same, small_ladder, train_recipe

from course.steps import ROWS, StepLog, curves_of
from shakespeare.files import InputError


class Stop(L.Callback):
    """Ends a training in its second epoch, as Ctrl-C does."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.current_epoch == 1 and batch_idx == 5:
            raise SystemExit


def test_a_resumed_training_has_its_whole_curves_and_the_weights_are_the_same(excerpt, tmp_path):
    split = excerpt.split()
    recipe = small_ladder()  # three epochs of 12 batches, with a rate that rises and falls
    network = train_recipe(recipe, split, tmp_path / "without")
    assert same(train_recipe(recipe, split, tmp_path / "whole", [StepLog()]), network)
    whole = curves_of(tmp_path / "whole")
    assert whole["step"] == list(range(1, 37))
    assert whole["val_step"] == [12, 24, 36] and len(whole["val_loss"]) == 3
    assert max(whole["learning_rate"]) > 10 * whole["learning_rate"][-1]
    with pytest.raises(InputError):
        train_recipe(recipe, split, tmp_path / "stopped", [StepLog(), Stop()])
    train_recipe(recipe, split, tmp_path / "stopped", [StepLog()])
    assert curves_of(tmp_path / "stopped") == whole


def test_an_epoch_of_many_steps_has_few_rows(excerpt, tmp_path):
    recipe = small_ladder(epochs=1, limit_batches=None, seq_len=4)
    train_recipe(recipe, excerpt.split(), tmp_path, [StepLog()])
    steps = curves_of(tmp_path)["step"]
    assert len(steps) <= ROWS < steps[-1]
