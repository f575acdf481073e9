"""What notebook 03 adds to a training: snapshots, and the split at random."""

import pickle

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping
from test_training import make_network, small

from course.baseline import RandomSplitData, Snapshots
from shakespeare.beyond.recipes import make_training, train_many
from shakespeare.data import ShakespeareData
from shakespeare.training import is_finished, load_weights, read_curves, train

STEPS = [0, 5, 100]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, excerpt):
    """A network that was trained with snapshots for an epoch of 22 batches, and its run."""
    settings = small(epochs=1)
    split = excerpt.split()
    build = tmp_path_factory.mktemp("build")
    training = make_training(settings, split, callbacks=(Snapshots(STEPS),))
    return train_many({"it": training}, build)["it"]


def weights(network) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def untrained(corpus, settings):
    L.seed_everything(settings.seed, verbose=False)
    return make_network(corpus, settings)


def test_a_snapshot_has_the_weights_before_its_step(trained, excerpt):
    trained_network, run = trained
    settings = small(epochs=1)
    network = untrained(excerpt, settings)
    before = weights(network)
    load_weights(network, run / "step-0.ckpt")
    assert torch.equal(weights(network), before)
    load_weights(network, run / "step-5.ckpt")
    assert not torch.equal(weights(network), before)
    assert not torch.equal(weights(network), weights(trained_network))
    saved = {path.stem for path in run.glob("step-*.ckpt")}
    assert saved == {"step-0", "step-5"}  # the run ends before step 100


def test_snapshots_change_no_weights(trained, excerpt, tmp_path):
    network, _ = trained
    settings = small(epochs=1)
    split = excerpt.split()
    data = ShakespeareData(split, settings)
    again = untrained(excerpt, settings)
    train(again, data, settings, tmp_path)
    assert torch.equal(weights(again), weights(network))


def random_split(corpus, **changes) -> RandomSplitData:
    return RandomSplitData(corpus.split(), small(**changes))


def windows_in(loader) -> set[tuple[int, ...]]:
    """The windows of all batches, each as its characters and the one that follows them."""
    found = set()
    for x, y in loader:  # (batch, time) each
        for window in torch.cat([x, y[:, -1:]], dim=1).tolist():
            found.add(tuple(window))
    return found


def test_the_random_split_holds_out_a_tenth_of_the_windows_of_the_whole_text(excerpt):
    data = random_split(excerpt)
    all_windows = len(excerpt.ids) - 16
    training = data.train_windows.indices
    held_out = data.random_tenth.indices
    assert sorted([*training, *held_out]) == list(range(all_windows))
    assert len(held_out) == pytest.approx(all_windows / 10, abs=1)
    held_out_text = len(excerpt.split().train.ids)
    assert any(start > held_out_text for start in training)
    assert any(start < held_out_text for start in held_out)


def test_the_random_split_depends_on_the_seed_alone(excerpt):
    first = random_split(excerpt)
    assert random_split(excerpt, hidden_size=7).random_tenth.indices == first.random_tenth.indices
    assert random_split(excerpt, seed=2).random_tenth.indices != first.random_tenth.indices


def test_an_epoch_of_the_random_split_reads_as_much_as_one_of_the_honest_split(
    excerpt, monkeypatch
):
    data = random_split(excerpt)
    allowed = {tuple(excerpt.ids[k : k + 17].tolist()) for k in data.train_windows.indices}
    epochs = []
    for epoch in (0, 1, 0):
        monkeypatch.setattr(data, "epoch", lambda epoch=epoch: epoch)
        loader = data.train_dataloader()
        as_many = len(excerpt.split().train.ids) // 16  # windows of 16
        assert sum(len(x) for x, _ in loader) == as_many
        epochs.append(windows_in(loader))
    assert epochs[0] == epochs[2] != epochs[1]
    assert epochs[0] | epochs[1] <= allowed


def test_the_random_split_validates_on_the_same_held_out_windows_each_time(excerpt):
    data = random_split(excerpt)
    seen = windows_in(data.val_dataloader())
    assert seen == windows_in(data.val_dataloader())
    assert seen == {tuple(excerpt.ids[k : k + 17].tolist()) for k in data.random_tenth.indices}


def test_validation_on_the_random_split_of_a_long_text_is_short(corpus):
    assert sum(len(x) for x, _ in random_split(corpus).val_dataloader()) == 1_000


def test_the_data_reaches_another_process(excerpt):
    data = random_split(excerpt)
    there = pickle.loads(pickle.dumps(data))
    assert windows_in(there.train_dataloader()) == windows_in(data.train_dataloader())
    assert windows_in(there.val_dataloader()) == windows_in(data.val_dataloader())


def test_a_training_ends_with_the_first_loss_below_the_claim(excerpt, tmp_path):
    settings = small(epochs=6)
    data = RandomSplitData(excerpt.split(), settings)
    all_epochs = untrained(excerpt, settings)
    run = train(all_epochs, data, settings, tmp_path)
    _, losses = read_curves(run)["val_loss"]
    claim = (losses[2] + losses[3]) / 2
    assert losses == sorted(losses, reverse=True)

    below = EarlyStopping("val_loss", patience=settings.epochs, stopping_threshold=claim)
    stopped_run = train(untrained(excerpt, settings), data, settings, tmp_path, [below])
    _, until_then = read_curves(stopped_run)["val_loss"]
    assert until_then == losses[:4]
    assert is_finished(stopped_run)
