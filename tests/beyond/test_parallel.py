"""Jobs in other processes: the same bits as here, one sentence if they stop, no process left."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import lightning as L
import psutil
import pytest
import torch

from beyond.test_recipes import curves, same, small
from shakespeare.beyond import parallel
from shakespeare.beyond.parallel import Training, Worker, side_by_side, train_side_by_side
from shakespeare.beyond.recipes import Recipe, prepare
from shakespeare.data import Corpus
from shakespeare.files import InputError

# What the other processes run


def add(a: int, b: int) -> int:
    return a + b


def change(weights: torch.Tensor) -> int:
    """Set weights to zero; returns the number of threads."""
    weights.zero_()
    return torch.get_num_threads()


def print_lines(count: int) -> None:
    for number in range(count):
        print(f"line {number} {'.' * 1000}\n")


def print_and_die() -> None:
    print_lines(200)
    os._exit(0)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse() -> None:
    raise InputError("There is no such text: give another.")


def make_mistake() -> None:
    raise KeyError("wrong")


class Disturb(L.Callback):
    """Says that it trains, in a folder; the first time, calls a function in the second epoch."""

    def __init__(self, folder: Path, disturb: Callable[[], None]) -> None:
        self.folder = folder
        self.disturb = disturb

    def on_train_batch_start(self, trainer, *_) -> None:
        (self.folder / f"process-{os.getpid()}").touch()
        if trainer.current_epoch == 1 and not (self.folder / "disturbed").exists():
            (self.folder / "disturbed").touch()
            self.disturb()


def kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def interrupt_all() -> None:
    """Press Ctrl-C: a terminal and Jupyter send it to the whole group."""
    os.killpg(0, signal.SIGINT)
    time.sleep(1000)


def trainings(corpus: Corpus, build: Path) -> dict[str, Training]:
    """A long and a short one."""
    recipes = {"short": small(seed=2, copy_size=0), "long": small()}
    split = corpus.split()
    return {name: prepare(Recipe(settings, split), build) for name, settings in recipes.items()}


def disturbed(corpus: Corpus, build: Path, disturb: Callable[[], None]) -> dict[str, Training]:
    """The same, with a disturbance in the second epoch of the long one."""
    build.mkdir(exist_ok=True)
    both = trainings(corpus, build)
    callbacks = (Disturb(build, disturb),)
    return both | {"long": both["long"]._replace(callbacks=callbacks)}


def train_disturbed(text: str, build: str, disturb: Callable[[], None]) -> None:
    """What another Python does in a test."""
    try:
        train_side_by_side(disturbed(Corpus.read(text), Path(build), disturb), processes=2)
    except InputError as error:
        print(error, file=sys.stderr)


# What the tests share


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, excerpt):
    """Trained here, one after the other: networks and trainings by name."""
    both = trainings(excerpt, tmp_path_factory.mktemp("undisturbed"))
    return train_side_by_side(both, processes=1), both


def check_same(networks, both: dict[str, Training], undisturbed) -> None:
    expected_networks, expected = undisturbed
    for name, network in expected_networks.items():
        assert same(networks[name], network)
        assert curves(both[name].run) == curves(expected[name].run)


def start_python(write, excerpt: Corpus, build: Path, disturb: str) -> subprocess.Popen:
    program = "import sys; from beyond.test_parallel import *; "
    program += f"train_disturbed(sys.argv[1], sys.argv[2], {disturb})"
    return subprocess.Popen(
        [sys.executable, "-c", program, write(excerpt.text()), build],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def trained_in(build: Path) -> list[int]:
    return [int(path.name.removeprefix("process-")) for path in build.glob("process-*")]


def runs(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for_end(processes: list[int]) -> None:
    assert processes
    end = time.monotonic() + 20
    while any(runs(process) for process in processes):
        assert time.monotonic() < end
        time.sleep(0.05)


def no_job_runs() -> bool:
    waiting = {worker.process for worker in parallel.idle}
    return set(multiprocessing.active_children()) <= waiting


@pytest.fixture
def set_threads():
    yield torch.set_num_threads
    torch.set_num_threads(1)


# Results and lines


def test_results_and_printed_lines_have_the_names_of_their_jobs(capsys, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.delenv("MKL_NUM_THREADS")
    weights = torch.ones(3)
    jobs = {
        ("a tuple", 1): partial(print_lines, 200),
        "threads": partial(change, weights),
        3: partial(add, 1, b=2),
    }
    results = side_by_side(jobs, processes=2)
    assert results == {("a tuple", 1): None, "threads": 1, 3: 3}
    assert list(results) == list(jobs)
    assert weights.sum() == 3  # a job changes nothing here
    dots = "." * 1000
    expected = [f"('a tuple', 1): line {number} {dots}" for number in range(200)]
    assert capsys.readouterr().out.splitlines() == expected


def test_processes_wait_for_the_next_jobs(monkeypatch):
    jobs = {"a": os.getpid, "b": os.getpid}
    before = set(side_by_side(jobs, processes=2).values())
    monkeypatch.setattr(parallel, "Worker", lambda: pytest.fail("a process was started"))
    assert set(side_by_side(jobs, processes=2).values()) <= before
    assert os.getpid() not in before


def test_jobs_that_run_here_have_one_thread_too(set_threads, capsys):
    set_threads(2)
    jobs = {"a": partial(change, torch.ones(3)), "b": partial(print, "one\n\ntwo")}
    assert side_by_side(jobs, processes=1) == {"a": 1, "b": None}
    assert torch.get_num_threads() == 2
    assert capsys.readouterr().out == "b: one\nb: two\n"


def test_there_are_as_many_processes_as_threads_but_none_beside_a_gpu(set_threads, monkeypatch):
    asked = []
    monkeypatch.setattr(parallel, "run_in_processes", lambda _, processes: asked.append(processes))
    set_threads(3)
    jobs = {name: partial(add, 1, 2) for name in range(4)}
    side_by_side(jobs)
    side_by_side({0: jobs[0], 1: jobs[1]})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert side_by_side(jobs) == dict.fromkeys(jobs, 3)
    assert asked == [3, 2]


# Jobs that fail


def test_a_process_outlives_errors_and_its_death_is_one_sentence(monkeypatch, refuses):
    def in_a_notebook() -> None: ...

    in_a_notebook.__module__ = "__main__"
    in_a_notebook.__qualname__ = "in_a_notebook"
    monkeypatch.setattr(sys.modules["__main__"], "in_a_notebook", in_a_notebook, raising=False)

    worker = Worker()
    try:
        worker.begin("refusing", refuse)
        kind, error = worker.receive()
        assert kind == "error"
        assert str(error) == "There is no such text: give another."
        assert isinstance(error, InputError)

        worker.begin("mistaken", make_mistake)
        _, error = worker.receive()
        assert isinstance(error, KeyError)
        assert "in make_mistake" in "".join(error.__notes__)

        worker.begin("not in a module", in_a_notebook)
        _, error = worker.receive()
        assert "in_a_notebook" in str(error)
        with pytest.raises(AttributeError, match="lambda"):
            worker.begin("not in a module", lambda: None)

        worker.begin("fragile", print_and_die)
        for _ in range(200):
            kind, line = worker.receive()
            assert (kind, line[:14]) == ("line", "fragile: line ")
        for _ in range(2):
            with refuses("The process of fragile died", "OMP_NUM_THREADS"):
                worker.receive()
            worker.begin("fragile", refuse)
    finally:
        worker.end()


# Trainings


def test_networks_are_the_same_side_by_side_and_one_after_the_other(
    excerpt, tmp_path, undisturbed, capsys
):
    both = trainings(excerpt, tmp_path)
    again = both["long"]._replace(network=trainings(excerpt, tmp_path)["long"].network)
    networks = train_side_by_side(both | {"equal": again}, processes=2)
    check_same(networks, both, undisturbed)
    assert same(networks["equal"], networks["long"])
    assert len(list(again.run.glob("logs/*"))) == 1  # it was trained once
    lines = capsys.readouterr().out.splitlines()
    for name in both:
        begins = [line.partition(":")[2][:11] for line in lines if line.startswith(f"{name}: ")]
        assert begins == [" epoch 1/3:", " epoch 2/3:", " epoch 3/3:"]


def test_finished_runs_need_no_process(undisturbed, monkeypatch):
    networks, both = undisturbed
    monkeypatch.setattr(parallel, "Worker", lambda: pytest.fail("a process was started"))
    again = train_side_by_side(both, processes=2)
    for name, network in networks.items():
        assert same(again[name], network)


def test_the_longest_training_begins_first(excerpt, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(parallel, "side_by_side", lambda jobs, _: started.extend(jobs))
    monkeypatch.setattr(parallel, "train", lambda *_: None)
    split = excerpt.split()
    more = split._replace(train=excerpt)
    recipes = {
        "small": Recipe(small(hidden_size=8), split),
        "large": Recipe(small(hidden_size=64), split),
        "twice as large, half as long": Recipe(small(hidden_size=64, epochs=1), split),
        "more text": Recipe(small(hidden_size=64), more),
    }
    train_side_by_side({name: prepare(recipe, tmp_path) for name, recipe in recipes.items()})
    assert started == ["more text", "large", "twice as large, half as long", "small"]


def test_a_learning_rate_that_is_far_too_high_is_one_sentence(excerpt, tmp_path, refuses):
    settings = small(one_cycle=False).model_copy(update={"learning_rate": 1e30})
    wrong = prepare(Recipe(settings, excerpt.split()), tmp_path)
    with refuses("finite", "learning_rate"):
        train_side_by_side(trainings(excerpt, tmp_path) | {"wrong": wrong}, processes=2)
    assert no_job_runs()


# Stopped trainings


def test_after_the_death_of_a_process_trainings_resume_with_the_same_bits(
    excerpt, tmp_path, undisturbed, refuses
):
    both = disturbed(excerpt, tmp_path / "build", die)
    with refuses("The process of long died"):
        train_side_by_side(both, processes=2)
    assert no_job_runs()
    check_same(train_side_by_side(both, processes=1), both, undisturbed)


def test_processes_end_with_their_parent_and_trainings_resume_with_the_same_bits(
    excerpt, tmp_path, undisturbed, write
):
    build = tmp_path / "build"
    python = start_python(write, excerpt, build, "kill_parent")
    assert python.wait(timeout=120) == -signal.SIGKILL
    wait_for_end(trained_in(build))
    both = trainings(excerpt, build)
    check_same(train_side_by_side(both, processes=1), both, undisturbed)


def test_ctrl_c_is_one_sentence_and_trainings_resume_with_the_same_bits(
    excerpt, tmp_path, undisturbed, write
):
    build = tmp_path / "build"
    python = start_python(write, excerpt, build, "interrupt_all")
    _, said = python.communicate(timeout=120)
    wait_for_end(trained_in(build))
    assert said == "The processes were stopped: run the same command or cell again to resume.\n"
    both = trainings(excerpt, build)
    check_same(train_side_by_side(both, processes=1), both, undisturbed)
