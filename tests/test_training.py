"""A network learns, is loaded or resumes in its folder, and what can't be is one sentence."""

import copy
import json
import math
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
import torch
from conftest import curves, same, small_baseline, small_ladder, train_recipe
from lightning.pytorch.callbacks import EarlyStopping

from shakespeare import pretrained, training
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus, RandomWindows
from shakespeare.evaluation import cold_predictions, losses_of
from shakespeare.model import CharLSTM
from shakespeare.pretrained import from_pretrained
from shakespeare.settings import Settings
from shakespeare.training import Learner, make_data, train
from shakespeare.training_folder import is_finished, read_curves

BATCHES = 22  # of 16 windows of 16 in the training part's 5,400 characters


class PowerCut(BaseException):
    pass


class Batches(list):
    """The batches that were trained on; after `stop(n, error)` the n-th one raises.

    `seeds` are those of PyTorch's random numbers, such as dropout's, while they were.
    """

    last: float = math.inf
    error: BaseException | None = None

    def __init__(self) -> None:
        super().__init__()
        self.seeds: set[int] = set()

    def stop(self, last: float, error: BaseException | None = None) -> None:
        self.clear()
        self.last = last
        self.error = error


@pytest.fixture
def batches(monkeypatch) -> Batches:
    seen = Batches()
    step = Learner.training_step

    def training_step(learner, batch, batch_idx):
        seen.append(batch_idx)
        seen.seeds.add(torch.initial_seed())
        if len(seen) == seen.last:
            raise seen.error
        return step(learner, batch, batch_idx)

    monkeypatch.setattr(Learner, "training_step", training_step)
    return seen


def stored(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Learning


@pytest.mark.parametrize("carries_state", [True, False])
def test_training_carries_the_state_only_where_asked(make_network, excerpt, carries_state):
    network = make_network(CopyLSTM)
    learner = Learner(network, small_baseline().training, carries_state)
    learner.log = lambda *_, **__: None  # no trainer is there
    windows = excerpt.ids[:82].view(2, 41).long()
    x, y = windows[:, :-1], windows[:, 1:]  # (2, 40) each
    first = (x[:, :20], y[:, :20])
    second = (x[:, 20:], y[:, 20:])
    learner.training_step(first, 0)
    _, state = network.loss(first)
    expected, _ = network.loss(second, state if carries_state else None)
    assert learner.training_step(second, 1) == expected
    learner.on_train_epoch_start()  # an epoch starts elsewhere in the text
    expected, _ = network.loss(first)
    assert learner.training_step(first, 0) == expected


@pytest.mark.parametrize(
    ("data", "carries_state"),
    [("RandomWindows", False), ("Streams", True), ("RenamedStreams", True)],
)
def test_only_streams_carry_a_state(excerpt, tmp_path, monkeypatch, data, carries_state):
    seen = set()
    step = Learner.training_step

    def training_step(learner, batch, batch_idx):
        seen.add(learner.state is not None)
        return step(learner, batch, batch_idx)

    monkeypatch.setattr(Learner, "training_step", training_step)
    train_recipe(small_baseline(data=data, epochs=1), excerpt.split(), tmp_path)
    assert seen == {False, carries_state}  # the first batch has none before it


class Trainer:
    """As much of Lightning's trainer as the schedule looks at."""

    estimated_stepping_batches = 100


def rates_of(network: CharLSTM, schedule: str) -> list[float]:
    """The learning rate at each of 100 steps, of at most 0.02."""
    learner = Learner(network, small_baseline(schedule=schedule, weight_decay=1e-3).training)
    learner.trainer = Trainer()
    configured = learner.configure_optimizers()
    if schedule == "constant":
        optimizer = configured
    else:
        optimizer = configured["optimizer"]
        assert configured["lr_scheduler"]["interval"] == "step"
    assert optimizer.param_groups[0]["weight_decay"] == 1e-3
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if schedule != "constant":
            configured["lr_scheduler"]["scheduler"].step()
    return rates


def test_the_learning_rate_climbs_in_the_first_tenth_and_falls_to_zero(make_network):
    rates = rates_of(make_network(), "one_cycle")
    top = rates.index(max(rates))
    assert top == pytest.approx(10, abs=1)
    assert rates[top] == pytest.approx(0.02)
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert rates[-1] < 1e-5


def test_the_other_schedules_are_constant_and_half_a_cosine(make_network):
    assert rates_of(make_network(), "constant") == [0.02] * 100
    half_a_cosine = [0.01 * (1 + math.cos(math.pi * step / 100)) for step in range(100)]
    assert rates_of(make_network(), "cosine") == pytest.approx(half_a_cosine)


@pytest.mark.parametrize("batches", [1, 2, 11])
@pytest.mark.parametrize("schedule", get_args(Settings.model_fields["schedule"].annotation))
def test_a_schedule_is_as_long_as_the_training_however_short(excerpt, tmp_path, schedule, batches):
    changes = {"schedule": schedule, "limit_batches": batches, "epochs": 1}
    network = train_recipe(small_baseline(**changes), excerpt.split(), tmp_path)
    assert all(weight.isfinite().all() for weight in network.parameters())
    assert curves(tmp_path)["step"] == [batches]


# Loaded


def test_a_finished_training_is_loaded_and_not_repeated(excerpt, tmp_path, batches):
    split = excerpt.split()
    network = train_recipe(small_baseline(), split, tmp_path / "new" / "one")
    assert len(batches) == 3 * BATCHES
    found = curves(tmp_path / "new" / "one")
    assert found["epoch"] == [1, 2, 3]
    assert found["step"] == [BATCHES, 2 * BATCHES, 3 * BATCHES]
    losses = losses_of(cold_predictions(network, split.validation), split.validation)
    assert min(found["val_loss"]) == pytest.approx(losses.mean().item(), abs=0.01)

    (tmp_path / "new").rename(tmp_path / "moved")
    before = files_in(tmp_path)
    again = train_recipe(small_baseline(), excerpt.split(), str(tmp_path / "moved" / "one"))
    assert same(again, network)
    assert not again.training
    assert len(batches) == 3 * BATCHES
    assert files_in(tmp_path) == before
    assert same(from_pretrained(tmp_path / "moved" / "one"), network)


def test_a_training_that_a_callback_stopped_is_finished(excerpt, tmp_path, batches):
    stopping = EarlyStopping("val_loss", stopping_threshold=100.0)  # passed in the first epoch
    network = train_recipe(small_baseline(), excerpt.split(), tmp_path, [stopping])
    assert is_finished(tmp_path)
    again = train_recipe(small_baseline(), excerpt.split(), tmp_path)
    assert same(again, network)
    assert len(batches) == BATCHES


# Another training


class OwnLSTM(CharLSTM):
    pass


class OwnData(RandomWindows):
    pass


@pytest.fixture
def short(write):
    """A text of which any ten tenths are alike."""
    return Corpus.read(write("to be or not to be, that is the question " * 150))


def of_own_data(recipe, split, folder):
    network = training.make_network(recipe, split.train.chars)
    train(network, OwnData(split, recipe.training), folder)


def of_trained_network(recipe, split, folder):
    """The same class and settings, but it has read something before."""
    network = training.make_network(recipe, split.train.chars)
    with torch.no_grad():
        network.linear.bias[0] += 1e-3
    train(network, make_data(recipe, split), folder)


def with_another_text(recipe, split, folder, part):
    """A character of one part is another one of the same vocabulary."""
    other = getattr(split, part)
    ids = other.ids.clone()
    ids[0] = (ids[0] + 1) % other.vocab_size
    changed = split._replace(**{part: Corpus(ids, other.chars, other.name)})
    train_recipe(recipe, changed, folder)


def test_another_training_never_goes_into_a_folder(short, tmp_path, refuses, batches):
    split = short.split()
    folder = tmp_path / "mine"
    base = {"epochs": 1, "limit_batches": 2, "precision": "32-true"}
    recipe = small_baseline(**base)
    train_recipe(recipe, split, folder)
    before = files_in(tmp_path)
    batches.clear()

    def changed(**changes):
        return small_baseline(**(base | changes))

    for other, words in (
        (changed(limit_batches=None), "training.limit_batches = 2, and not None"),
        (changed(learning_rate=0.03), "training.learning_rate = 0.02, and not 0.03"),
        (changed(data="Streams"), "training.data = RandomWindows, and not Streams"),
        (changed(hidden_size=48), "network.hidden_size = 32, and not 48"),
        (small_ladder(**base), "network.class = CharLSTM, and not CopyLSTM"),
        (
            recipe._replace(network=recipe.network | {"class": OwnLSTM}),
            "network.class = CharLSTM, and not OwnLSTM",
        ),
    ):
        with refuses(f"{folder} was trained with {words}: give another folder."):
            train_recipe(other, split, folder)

    with refuses("was trained with other data, RandomWindows: "):
        of_own_data(recipe, split, folder)
    with refuses("was trained from other initial weights: "):
        of_trained_network(recipe, split, folder)
    for part in ("train", "validation"):
        with refuses("was trained on another text: "):
            with_another_text(recipe, split, folder, part)
    assert files_in(tmp_path) == before
    assert not batches


def test_a_network_that_was_trained_in_a_folder_is_another_one_there(short, tmp_path, refuses):
    split = short.split()
    recipe = small_baseline(epochs=1, limit_batches=2)
    network = train_recipe(recipe, split, tmp_path / "first")
    before = copy.deepcopy(network)
    data = make_data(recipe, split)
    with refuses("initial weights"):
        train(network, data, tmp_path / "first")
    again = train(network, data, tmp_path / "second")  # from where it was
    assert not same(again, before)


def test_the_precision_that_a_processor_chose_counts_as_if_it_was_given(
    short, tmp_path, refuses, monkeypatch, batches
):
    folder = tmp_path / "run"
    split = short.split()
    changes = {"epochs": 1, "limit_batches": 2}
    monkeypatch.setattr(training, "best_precision", lambda: "32-true")
    train_recipe(small_baseline(**changes), split, folder)
    train_recipe(small_baseline(**changes, precision="32-true"), split, folder)
    assert len(batches) == 2
    monkeypatch.setattr(training, "best_precision", lambda: "bf16-mixed")
    with refuses("training.precision = 32-true, and not bf16-mixed"):
        train_recipe(small_baseline(**changes), split, folder)


def test_a_folder_may_be_in_the_home_folder(short, tmp_path, monkeypatch):
    """Not every shell replaces the ~."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))  # on Windows
    monkeypatch.chdir(tmp_path)
    train_recipe(small_baseline(epochs=1, limit_batches=2), short.split(), Path("~/run"))
    assert is_finished(tmp_path / "home" / "run")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["home"]


def test_a_setting_that_an_older_training_lacks_was_off(short, tmp_path, refuses, batches):
    changes = {"epochs": 1, "limit_batches": 2}
    recipe = small_baseline(**changes)
    train_recipe(recipe, short.split(), tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    older = copy.deepcopy(description)
    del older["training"]["schedule"]  # as if it was trained before there were schedules
    path.write_text(json.dumps(older), encoding="utf-8")
    batches.clear()
    train_recipe(recipe, short.split(), tmp_path / "run")
    assert not batches  # the same training
    with refuses("was trained with training.schedule = constant, and not cosine"):
        train_recipe(small_baseline(**changes, schedule="cosine"), short.split(), tmp_path / "run")
    del older["network"]["num_layers"]
    path.write_text(json.dumps(older), encoding="utf-8")
    with refuses("was trained without network.num_layers: give another folder."):
        train_recipe(recipe, short.split(), tmp_path / "run")


def test_a_folder_of_something_else_is_left_alone(short, tmp_path, refuses):
    recipe = small_baseline(epochs=1, limit_batches=2)
    file = tmp_path / "file"
    file.write_text("a text")
    others = tmp_path / "others"
    others.mkdir()
    (others / "notes.txt").write_text("notes")
    before = files_in(tmp_path)
    with refuses(f"{file} is no folder"):
        train_recipe(recipe, short.split(), file)
    with refuses("cannot be written"):
        train_recipe(recipe, short.split(), file / "in it")
    with refuses(f"{others} has other files in it"):
        train_recipe(recipe, short.split(), others)
    assert files_in(tmp_path) == before


def test_a_folder_where_nothing_was_trained_yet_can_be_used(short, tmp_path):
    recipe = small_baseline(epochs=1, limit_batches=2)
    expected = train_recipe(recipe, short.split(), tmp_path / "new")
    for name in ("empty", "half written", "begun"):
        (tmp_path / name).mkdir()
    (tmp_path / "half written" / "run.json.1.partial").write_text("{")
    (tmp_path / "begun" / "run.json").write_text('{"network": {}}')
    for name in ("empty", "half written", "begun"):
        assert same(train_recipe(recipe, short.split(), tmp_path / name), expected)


@pytest.mark.parametrize("own", ["network", "data"])
def test_a_class_of_a_notebook_is_trained_anew_each_time(
    short, tmp_path, monkeypatch, batches, refuses, own
):
    """Its code has no file, so nobody can tell whether it is what it was."""
    monkeypatch.setitem(sys.modules, "notebook", ModuleType("notebook"))
    monkeypatch.setattr(OwnLSTM, "__module__", "notebook")
    monkeypatch.setattr(OwnData, "__module__", "notebook")
    recipe = small_baseline(epochs=2, limit_batches=2)
    split = short.split()

    def train_own(folder: Path, **changes: Any) -> CharLSTM:
        settings = recipe.training.changed(**changes)
        table = recipe.network | ({"class": OwnLSTM} if own == "network" else {})
        network = training.make_network(recipe._replace(network=table), split.train.chars)
        data_class = OwnData if own == "data" else RandomWindows
        return train(network, data_class(split, settings), folder)

    folder = tmp_path / "own"
    network = train_own(folder)
    (folder / "step-10").mkdir()  # what a callback has left
    for start in range(2):
        batches.clear()
        assert same(train_own(folder), network), start
        assert len(batches) == 2 * 2
    batches.stop(3, PowerCut())
    with pytest.raises(PowerCut):
        train_own(folder)
    batches.stop(math.inf)
    assert same(train_own(folder), network)
    assert len(batches) == 2 * 2  # from the beginning
    assert curves(folder)["epoch"] == [1, 2]
    with refuses("training.epochs = 2, and not 1"):
        train_own(folder, epochs=1)


# Interrupted


@pytest.fixture
def cut(monkeypatch) -> Callable[[float], None]:
    """Cut the power when the n-th file from now on is half written."""
    whole = Path.write_bytes
    unlink = Path.unlink
    left = math.inf

    def write_bytes(path: Path, content: bytes) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            whole(path, content[: len(content) // 2])
            raise PowerCut
        return whole(path, content)

    def unlink_with_power(path: Path, missing_ok: bool = False) -> None:
        if left != 0:
            unlink(path, missing_ok)

    def cut(n: float) -> None:
        nonlocal left
        left = n

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    monkeypatch.setattr(Path, "unlink", unlink_with_power)
    return cut


def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(excerpt, tmp_path, batches):
    """With all that is random or carried: dropout, streams, names and the schedule."""
    recipe = small_ladder(dropout=0.3, limit_batches=6)
    whole = tmp_path / "whole"
    network = train_recipe(recipe, excerpt.split(), whole)
    assert len(batches) == 3 * 6
    assert len(batches.seeds) == 3  # each epoch drops other features

    folder = tmp_path / "in a batch"
    for last in (3, 6 + 3, 6):  # the last one is the last batch of an epoch
        batches.stop(last, PowerCut())
        with pytest.raises(PowerCut):
            train_recipe(recipe, excerpt.split(), folder)
    assert not is_finished(folder)
    finished = stored(folder / "last.ckpt")["epoch"] + 1
    assert finished == 1
    batches.stop(math.inf)
    resumed = train_recipe(recipe, excerpt.split(), folder)
    assert len(batches) == (3 - finished) * 6
    assert same(resumed, network)
    assert curves(folder) == curves(whole)
    seconds = read_curves(folder)["seconds"]
    assert seconds == sorted(seconds)  # of the starts together


def test_a_training_that_was_stopped_in_a_file_ends_as_if_it_had_not_been(excerpt, tmp_path, cut):
    """Of each epoch, curves and checkpoints are written; of the training, run.json and network."""
    recipe = small_ladder(dropout=0.3, limit_batches=4, epochs=2)
    network = train_recipe(recipe, excerpt.split(), tmp_path / "whole")
    is_stopped = True
    files = 0
    while is_stopped:
        files += 1
        folder = tmp_path / f"in file {files}"
        cut(files)
        try:
            train_recipe(recipe, excerpt.split(), folder)
            is_stopped = False
        except PowerCut:
            assert not is_finished(folder)
        cut(math.inf)
        resumed = train_recipe(recipe, excerpt.split(), folder)
        assert is_finished(folder)
        assert same(resumed, network), files
        assert curves(folder) == curves(tmp_path / "whole"), files
        assert files_in(folder).keys() == {
            folder / path.name for path in (tmp_path / "whole").iterdir()
        }
    assert files == 10  # nine were cut


def test_the_epoch_with_the_lowest_validation_loss_is_kept(excerpt, tmp_path, batches, monkeypatch):
    losses = [3.0, 1.0, 2.0]
    weights = []

    def validation_step(learner, batch, batch_idx):
        learner.log("val_loss", losses[learner.trainer.current_epoch], batch_size=1)
        of_now = learner.network.state_dict()
        weights.append({name: weight.clone() for name, weight in of_now.items()})

    monkeypatch.setattr(Learner, "validation_step", validation_step)
    batches.stop(2 * BATCHES + 1, PowerCut())  # the best is found before, and kept
    with pytest.raises(PowerCut):
        train_recipe(small_baseline(), excerpt.split(), tmp_path / "old")
    new = tmp_path / "new"
    (tmp_path / "old").rename(new)  # a moved folder loses nothing
    batches.stop(math.inf)
    network = train_recipe(small_baseline(), excerpt.split(), new)
    assert not network.training
    assert curves(new)["val_loss"] == losses
    assert stored(new / "best.ckpt")["epoch"] == 1
    assert stored(new / "last.ckpt")["epoch"] == 2
    assert all(torch.equal(w, weights[1][name]) for name, w in network.state_dict().items())
    assert not torch.equal(weights[1]["linear.bias"], weights[2]["linear.bias"])


def test_a_loss_that_is_not_finite_stops_and_the_best_epoch_is_kept(
    excerpt, tmp_path, monkeypatch, refuses
):
    step = Learner.training_step
    seen = []

    def training_step(learner, batch, batch_idx):
        seen.append(batch_idx)
        is_broken = len(seen) > BATCHES + 5
        return step(learner, batch, batch_idx) * (math.inf if is_broken else 1)

    monkeypatch.setattr(Learner, "training_step", training_step)
    with refuses("finite", "epoch 2", "learning_rate"):
        train_recipe(small_baseline(), excerpt.split(), tmp_path)
    assert not is_finished(tmp_path)
    for name in ("best.ckpt", "last.ckpt"):
        kept = stored(tmp_path / name)
        assert kept["epoch"] == 0
        assert all(weight.isfinite().all() for weight in kept["state_dict"].values())


def test_who_interrupts_training_is_told_how_to_resume(excerpt, tmp_path, batches, refuses):
    handler = signal.getsignal(signal.SIGINT)
    batches.stop(5, KeyboardInterrupt())  # the stop button of JupyterLab
    try:
        with refuses("stopped", "resume"):
            train_recipe(small_baseline(), excerpt.split(), tmp_path)
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from then on


# Damaged


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_a_checkpoint_that_is_damaged_is_one_sentence(excerpt, tmp_path, batches, refuses, content):
    recipe = small_baseline(limit_batches=4)
    batches.stop(2 * 4 + 1, PowerCut())  # in the third epoch
    with pytest.raises(PowerCut):
        train_recipe(recipe, excerpt.split(), tmp_path)
    batches.stop(math.inf)
    (tmp_path / "last.ckpt").write_bytes(content)
    with refuses("last.ckpt is missing or damaged", "delete"):
        train_recipe(recipe, excerpt.split(), tmp_path)


class Tied(CharLSTM):
    """Embedding and linear layer share their weights."""

    def __init__(self, chars, **sizes):
        super().__init__(chars, **sizes)
        self.linear.weight = self.embedding.weight


def test_a_network_with_tied_weights_trains_and_is_loaded_again(short, tmp_path, monkeypatch):
    monkeypatch.setitem(pretrained.NETWORKS, "Tied", "tied")
    monkeypatch.setattr(pretrained, "class_of", lambda name, table: Tied)
    recipe = small_baseline(limit_batches=2, epochs=1)
    split = short.split()
    sizes = {"embedding_size": 8, "hidden_size": 8, "num_layers": 1}
    network = Tied(split.train.chars, **sizes)
    data = make_data(recipe, split)
    trained = train(network, data, tmp_path / "tied")
    loaded = pretrained.from_pretrained(tmp_path / "tied")
    assert torch.equal(loaded.linear.weight, trained.embedding.weight)
    assert loaded.linear.weight is loaded.embedding.weight
    again = train(Tied(split.train.chars, **sizes), data, tmp_path / "other")
    assert again.linear.weight is again.embedding.weight
