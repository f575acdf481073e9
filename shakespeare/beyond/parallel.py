"""Independent work at once: a process for each core, one thread in each process.

Small networks leave a second thread little to do. Two trainings side by side read about 1.4 times
as many characters a second as one after the other with two threads each, and what comes out does
not depend on the number of cores.
"""

import contextlib
import io
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch

from ..data import ShakespeareData
from ..files import InputError
from ..model import CharLSTM
from ..settings import Settings
from ..training import is_finished, train

Job = Callable[[], Any]


class Training(NamedTuple):
    """One training: the arguments of `train`."""

    network: CharLSTM
    data: ShakespeareData
    run: Path
    settings: Settings
    callbacks: tuple[L.Callback, ...] = ()


def train_side_by_side(
    trainings: Mapping[Any, Training], processes: int | None = None
) -> dict[Any, Any]:
    """The trained network of each, by name. A finished run is reused, a stopped one resumes.

    `processes` says how many train at once, by default one for each core. The longest training
    begins first, or it would end alone.
    """
    jobs = {}
    runs = set()  # two processes must not write into one folder
    for name in sorted(trainings, key=lambda name: length(trainings[name]), reverse=True):
        training = trainings[name]
        if training.run not in runs and not is_finished(training.run):
            runs.add(training.run)
            jobs[name] = partial(train_only, training)
    side_by_side(jobs, processes)
    return {name: train(*training) for name, training in trainings.items()}  # all are finished


def length(training: Training) -> float:
    """How long it takes, in units that are the same for all: parameters times characters."""
    parameters = sum(weight.numel() for weight in training.network.parameters())
    return parameters * len(training.data.train_part.ids) * training.settings.epochs


def train_only(training: Training) -> None:
    """Train. The network stays in the run's folder, from which the caller reads it."""
    train(*training)


def side_by_side(jobs: Mapping[Any, Job], processes: int | None = None) -> dict[Any, Any]:
    """What each job returns, by name. Jobs begin in the order given; what they print gets the name.

    A job is a function of a module, with its arguments bound by `partial`, because another process
    has to import it. It returns no tensors. With one process, or on a GPU, which is shared best by
    waiting, the jobs run here one after the other, also with one thread.
    """
    if processes is None:
        processes = 1 if torch.cuda.is_available() else torch.get_num_threads()
    processes = min(processes, len(jobs))
    if processes <= 1:
        return run_here(jobs)
    return run_in_processes(jobs, processes)


def run_here(jobs: Mapping[Any, Job]) -> dict[Any, Any]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    show = partial(print, file=sys.stdout, flush=True)  # while a job runs, sys.stdout is another
    try:
        return {name: run_job(str(name), job, show) for name, job in jobs.items()}
    finally:
        torch.set_num_threads(threads)


def run_job(name: str, job: Job, show: Callable[[str], None]) -> Any:
    """Run a job, and show the lines that it prints with its name before them."""
    with contextlib.redirect_stdout(NamedLines(name, show)):
        return job()


class NamedLines(io.TextIOBase):
    """Takes what is printed, and shows each line that has words, after a name."""

    def __init__(self, name: str, show: Callable[[str], None]) -> None:
        self.name = name
        self.show = show
        self.unfinished = ""

    def write(self, text: str) -> int:
        *lines, self.unfinished = (self.unfinished + text).split("\n")
        for line in lines:
            if line.strip():
                self.show(f"{self.name}: {line}")
        return len(text)


def run_in_processes(jobs: Mapping[Any, Job], processes: int) -> dict[Any, Any]:
    waiting = list(jobs.items())
    results = {}
    workers: dict[Any, Worker] = {}  # by their connections
    try:
        for _ in range(processes):
            worker = idle.pop() if idle else Worker()
            workers[worker.connection] = worker
        for worker in workers.values():
            worker.begin(*waiting.pop(0))
        while workers:
            for connection in wait(list(workers)):
                worker = workers[connection]
                kind, content = worker.receive()
                if kind == "line":
                    print(content, flush=True)
                elif kind == "error":
                    raise content
                else:
                    results[worker.name] = content
                    if waiting:
                        worker.begin(*waiting.pop(0))
                    else:
                        idle.append(workers.pop(connection))
    except KeyboardInterrupt:
        raise InputError(
            "The processes were stopped: run the same command or cell again to resume."
        ) from None
    finally:
        for worker in workers.values():
            worker.end()
    return {name: results[name] for name in jobs}


class Worker:
    """Another process, which runs one job after another."""

    name: Any  # of its job

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # PyTorch's threads don't survive a fork
        self.connection, its_end = context.Pipe()
        self.process = context.Process(target=run_jobs, args=(its_end,), daemon=True)
        # The process inherits that Ctrl-C is ignored, so it is quiet from its first moment on: the
        # parent gets the same Ctrl-C and ends it.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.process.start()
        signal.signal(signal.SIGINT, handler)
        its_end.close()  # so that the connection ends when the process does

    def begin(self, name: Any, job: Job) -> None:
        self.name = name
        # The connection would move tensors into memory that processes share. A container has little
        # of that, and a training would change the weights of the caller's network.
        pickled = pickle.dumps(job)
        with contextlib.suppress(ConnectionError):  # where the process died, `receive` says so
            self.connection.send((str(name), pickled))

    def receive(self) -> tuple[str, Any]:
        """("line", a printed line), ("result", what the job returned) or ("error", what it raised).

        Raises InputError if the process has died.
        """
        try:
            return self.connection.recv()
        except (EOFError, ConnectionError):
            raise InputError(
                f"The process of {self.name} died, most likely out of memory: "
                "set OMP_NUM_THREADS=1, so that one job runs after the other."
            ) from None

    def end(self) -> None:
        self.process.kill()  # nothing is lost: an epoch is written as a whole or not at all
        self.process.join()


idle: list[Worker] = []  # wait for the next jobs: a new process needs seconds to import PyTorch


# In the other process


def run_jobs(connection: Connection) -> None:
    """Run the jobs that come through the connection, until the parent ends it."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, too, which ends this
    warnings.filterwarnings("ignore", module="lightning")  # as in notebooks: see course/display.py
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(1)

    def show(line: str) -> None:
        connection.send(("line", line))

    with contextlib.suppress(EOFError):
        while True:
            name, pickled = connection.recv()
            try:
                connection.send(("result", run_job(name, pickle.loads(pickled), show)))
            except Exception as error:
                error.add_note(traceback.format_exc())
                connection.send(("error", error))


def end_with_parent() -> None:
    """Without this, a training would continue after its notebook has ended, in the same folder."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
