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
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.queues import SimpleQueue
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
ADVICE = "set OMP_NUM_THREADS=1, so that one job runs after the other."


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
    has to import it. With one process, or on a GPU, which is shared best by waiting, the jobs run
    here one after the other.
    """
    has_gpu = torch.cuda.is_available()
    if processes is None:
        processes = 1 if has_gpu else torch.get_num_threads()
    processes = min(processes, len(jobs))
    if processes > 1:
        return run_in_processes(jobs, processes)
    # On the processor results depend on the number of threads, so it is that of a process.
    return run_here(jobs, threads=torch.get_num_threads() if has_gpu else 1)


def run_here(jobs: Mapping[Any, Job], threads: int) -> dict[Any, Any]:
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    results = {}
    try:
        for name, job in jobs.items():
            show = partial(print, f"{name}:", file=sys.stdout, flush=True)
            results[name] = run_job(job, show)
    finally:
        torch.set_num_threads(threads_before)
    return results


def run_job(job: Job, show: Callable[[str], None]) -> Any:
    """Run a job, and show each line with words that it prints."""
    with contextlib.redirect_stdout(Lines(show)):
        try:
            return job()
        finally:
            print()  # ends its last line


class Lines(io.TextIOBase):
    """Takes what is printed, and shows each line that has words."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self.show = show
        self.unfinished = ""

    def write(self, text: str) -> int:
        *lines, self.unfinished = (self.unfinished + text).split("\n")
        for line in lines:
            if line.strip():
                self.show(line)
        return len(text)


def run_in_processes(jobs: Mapping[Any, Job], processes: int) -> dict[Any, Any]:
    waiting = list(jobs.items())
    running: dict[Future, tuple[Any, Worker]] = {}  # each with its job's name
    results = dict.fromkeys(jobs)
    workers: list[Worker] = []
    try:
        while idle and len(workers) < processes:
            worker = idle.pop()
            [process] = worker.processes.values()
            if process.is_alive():  # it may have been killed while it waited
                workers.append(worker)
        while len(workers) < processes:
            workers.append(Worker())
            workers[-1].start()
        free = list(workers)
        while waiting or running:
            while waiting and free:
                name, job = waiting.pop(0)
                worker = free.pop()
                # Left to itself, a pool moves tensors into memory that processes share. A container
                # has little of that, and a training would change the caller's network.
                running[worker.submit(run_pickled, pickle.dumps(job))] = name, worker
            done, _ = wait(running, timeout=0.1, return_when="FIRST_COMPLETED")
            for name, worker in running.values():
                while not worker.lines.empty():
                    print(f"{name}: {worker.lines.get()}", flush=True)
            for future in done:
                name, worker = running.pop(future)
                results[name] = pickle.loads(future.result())
                free.append(worker)
        idle.extend(workers)
    except KeyboardInterrupt:
        raise InputError(
            "The processes were stopped: run the same command or cell again to resume."
        ) from None
    except BrokenProcessPool:
        raise InputError(worker.death(name)) from None
    finally:
        unfinished = set(workers).difference(idle)
        for worker in unfinished:
            for process in worker.processes.values():
                process.kill()  # nothing is lost: an epoch is written as a whole or not at all
        for worker in unfinished:
            worker.shutdown()
    return results


class Worker(ProcessPoolExecutor):
    """A pool of one process: if it dies, we know which job it had."""

    def __init__(self) -> None:
        # If this process is killed, Python tidies up, but also warns.
        quiet = "ignore::UserWarning:multiprocessing.resource_tracker"
        os.environ.setdefault("PYTHONWARNINGS", quiet)
        context = multiprocessing.get_context("spawn")  # PyTorch's threads don't survive a fork
        self.lines = context.SimpleQueue()
        super().__init__(1, context, initializer=prepare, initargs=(self.lines,))
        self.processes = self._processes  # one, as soon as it has started

    def start(self) -> None:
        # In a thread, because Ctrl-C interrupts the main thread, which would leave half a process.
        with ThreadPoolExecutor(initializer=block_ctrl_c) as thread:
            try:
                self.started = thread.submit(self.submit, os.getpid).result()
            except OSError as error:
                raise InputError(f"No process can start ({error.strerror}): {ADVICE}") from None

    def death(self, name: Any) -> str:
        [process] = self.processes.values()
        self.shutdown()  # waits until the status is known
        status = process.exitcode or 0
        reason = f"signal {-status}" if status < 0 else f"exit status {status}"
        happened = "could not start" if self.started.exception() else "died"
        advice = f", most likely out of memory: {ADVICE}" if status == -9 else "."
        return f"The process of {name} {happened} ({reason}){advice}"


def block_ctrl_c() -> None:
    """A process that this thread starts inherits it, so it is quiet from its first moment on.

    The parent gets the same Ctrl-C and ends it.
    """
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


idle: list[Worker] = []  # wait for the next jobs: a new process needs seconds to import PyTorch


# In the other process

show_line: Callable[[str], None]


def prepare(lines: SimpleQueue) -> None:
    """What the process does before its first job."""
    global show_line
    show_line = lines.put
    threading.Thread(target=end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, too, which ends this
    silence_lightning()
    torch.set_num_threads(1)


def end_with_parent() -> None:
    """Without this, a training would continue after its notebook has ended, in the same folder."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def run_pickled(job: bytes) -> bytes:
    """Run a pickled job; returns its result, pickled, or raises what the job raises."""
    try:
        return pickle.dumps(run_job(pickle.loads(job), show_line))
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # it would not reach the parent
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        raise


def silence_lightning() -> None:
    """It reports its devices at every start, and warns of choices that we made on purpose."""
    warnings.filterwarnings("ignore", module="lightning")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
