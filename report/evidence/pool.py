"""Independent jobs at once, such as trainings: a process for each core, one thread in each."""

import contextlib
import copy
import io
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

import torch

from shakespeare.files import InputError

Job = Callable[[], Any]


def side_by_side(jobs: Mapping[Any, Job], processes: int | None = None) -> dict[Any, Any]:
    """What each job returns, by name. Jobs begin in the order given; what they print gets the name.

    A job is a function of a module, with its arguments bound by `partial`, because another process
    has to import it. With one process, or on a GPU, which one job fills, the jobs run here one
    after the other.
    """
    has_gpu = torch.cuda.is_available()
    if processes is None:
        processes = 1 if has_gpu else torch.get_num_threads()  # one for each core
    processes = min(processes, len(jobs))
    if processes > 1:
        return in_processes(jobs, processes)
    # On a processor, results depend on the number of threads: here it is that of the processes.
    return one_by_one(jobs, threads=torch.get_num_threads() if has_gpu else 1)


def one_by_one(jobs: Mapping[Any, Job], threads: int) -> dict[Any, Any]:
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    print_here = partial(print, file=sys.stdout, flush=True)  # a job's own prints go elsewhere
    results = {}
    try:
        for name, job in jobs.items():
            # Of a copy, as in other processes: what a job changes stays with it.
            results[name] = run_job(str(name), copy.deepcopy(job), print_here)
        return results
    finally:
        torch.set_num_threads(threads_before)


def run_job(name: str, job: Job, show: Callable[[str], None]) -> Any:
    """Run a job; the lines that it prints go to `show`, with its name before them."""
    with contextlib.redirect_stdout(NamedLines(name, show)):
        try:
            return job()
        finally:
            print()  # ends its last line


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


# --- in processes ---


class Pool(ProcessPoolExecutor):
    """Processes that run one job after another, and a queue for what these print."""

    def __init__(self, processes: int) -> None:
        context = multiprocessing.get_context("spawn")  # PyTorch's threads don't survive a fork
        self.processes = processes
        self.lines = context.SimpleQueue()
        super().__init__(processes, context, initializer=prepare, initargs=(self.lines.put,))
        # Ctrl-C reaches the processes, too, which inherit that they ignore it: we end them.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for _ in range(processes):
            self.submit(os.getpid)  # starts a process
        signal.signal(signal.SIGINT, before)

    def kill(self) -> None:
        for child in self.children():
            child.kill()  # nothing is lost: an epoch is written as a whole or not at all
        self.shutdown(cancel_futures=True)

    def children(self) -> list[Any]:
        return list(self._processes.values())


kept: list[Pool] = []  # for the next jobs: a new process needs seconds to import PyTorch


def in_processes(jobs: Mapping[Any, Job], processes: int) -> dict[Any, Any]:
    pool = kept.pop() if kept else Pool(processes)
    if pool.processes < processes:
        pool.kill()
        pool = Pool(processes)
    try:
        results = run_in(pool, jobs)
    except KeyboardInterrupt:
        pool.kill()
        advice = "the same command resumes after the last finished epoch"
        raise InputError(f"The processes were stopped: {advice}.") from None
    except BrokenProcessPool:
        pool.kill()
        advice = "with OMP_NUM_THREADS=1 one job runs after the other"
        raise InputError(f"A process died, perhaps for want of memory: {advice}.") from None
    except BaseException:  # of a job: the others would run on
        pool.kill()
        raise
    kept.append(pool)
    return results


def run_in(pool: Pool, jobs: Mapping[Any, Job]) -> dict[Any, Any]:
    """What each job returns, by name; meanwhile what they print is shown."""
    name_of = {}
    for name, job in jobs.items():
        # Left to itself, a pool moves tensors into memory that processes share, of which a
        # container has little.
        name_of[pool.submit(run_pickled, str(name), pickle.dumps(job))] = name
    results = dict.fromkeys(jobs)  # in this order
    running = set(name_of)
    while running:
        done, running = wait(running, timeout=0.1, return_when=FIRST_COMPLETED)
        while not pool.lines.empty():
            print(pool.lines.get(), flush=True)
        for future in done:
            results[name_of[future]] = pickle.loads(future.result())
    return results


# --- in the other processes ---

show_in_parent: Callable[[str], None]


def prepare(put: Callable[[str], None]) -> None:
    """What each process does first."""
    global show_in_parent
    show_in_parent = put
    threading.Thread(target=end_with_parent, daemon=True).start()
    torch.set_num_threads(1)


def end_with_parent() -> None:
    """Without this, a training would continue after the evidence has ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def run_pickled(name: str, job: bytes) -> bytes:
    return pickle.dumps(run_job(name, pickle.loads(job), show_in_parent))
