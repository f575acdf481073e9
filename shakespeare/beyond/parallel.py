"""Independent jobs at once: a process for each core, with one thread in each."""

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
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from typing import Any

import torch

from ..files import InputError
from ..training import silence_lightning

Job = Callable[[], Any]
ADVICE = "set OMP_NUM_THREADS=1, so that one job runs after the other."


def side_by_side(jobs: Mapping[Any, Job], processes: int | None = None) -> dict[Any, Any]:
    """What each job returns, by name. Jobs begin in the order given; what they print gets the name.

    A job is a function of a module, with its arguments bound by `partial`, because another process
    has to import it. With one process, or on a GPU, which one job fills, the jobs run here one
    after the other.
    """
    has_gpu = torch.cuda.is_available()
    if processes is None:
        processes = 1 if has_gpu else torch.get_num_threads()  # by default, one for each core
    processes = min(processes, len(jobs))
    if processes > 1:
        return run_in_processes(jobs, processes)
    # On a processor, results depend on the number of threads: here it is that of the processes.
    return run_here(jobs, threads=torch.get_num_threads() if has_gpu else 1)


def run_here(jobs: Mapping[Any, Job], threads: int) -> dict[Any, Any]:
    threads_before = torch.get_num_threads()
    torch.set_num_threads(threads)
    # Bound to this output: while a job runs, sys.stdout is its NamedLines, which call `show`.
    show = partial(print, file=sys.stdout, flush=True)
    try:
        # Of copies, as in other processes: what a job changes stays with it.
        return {name: run_job(str(name), copy.deepcopy(job), show) for name, job in jobs.items()}
    finally:
        torch.set_num_threads(threads_before)


def run_job(name: str, job: Job, show: Callable[[str], None]) -> Any:
    """Run a job, and show the lines that it prints with its name before them."""
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
        lines = (self.unfinished + text).split("\n")
        self.unfinished = lines.pop()  # what comes after the last line end
        for line in lines:
            if line.strip():
                self.show(f"{self.name}: {line}")
        return len(text)


def run_in_processes(jobs: Mapping[Any, Job], processes: int) -> dict[Any, Any]:
    pool = idle.pop() if idle else Pool(processes)
    if pool.processes < processes or not pool.is_alive():
        pool.kill()
        pool = Pool(processes)
    name_of: dict[Future, Any] = {}
    results = dict.fromkeys(jobs)
    try:
        pool.start()
        for name, job in jobs.items():
            # Left to itself, a pool moves tensors into memory that processes share. A container has
            # little of that, and a training would change the caller's network.
            name_of[pool.submit(run_pickled, str(name), pickle.dumps(job))] = name
        running = set(name_of)
        while running:
            done, running = wait(running, timeout=0.1, return_when=FIRST_COMPLETED)
            while not pool.lines.empty():
                print(pool.lines.get(), flush=True)
            for future in done:
                results[name_of[future]] = pickle.loads(future.result())
        idle.append(pool)
    except KeyboardInterrupt:
        raise InputError(
            "The processes were stopped: run the same command or cell again to resume."
        ) from None
    except BrokenProcessPool:
        raise InputError(pool.reason()) from None
    finally:
        if pool not in idle:
            pool.kill()
    return results


class Pool(ProcessPoolExecutor):
    """Processes that run one job after another."""

    def __init__(self, processes: int) -> None:
        context = multiprocessing.get_context("spawn")  # PyTorch's threads don't survive a fork
        self.processes = processes
        self.children: set[BaseProcess] = set()
        self.lines = context.SimpleQueue()
        super().__init__(processes, context, initializer=prepare, initargs=(self.lines,))

    def start(self) -> None:
        """Start all processes, unless they run already. Raises InputError."""
        if self.children:
            return
        before = set(multiprocessing.active_children())
        # In a thread, which Ctrl-C doesn't interrupt halfway.
        with ThreadPoolExecutor() as thread:
            try:
                thread.submit(self.start_quietly).result()
            except OSError as error:
                raise InputError(f"No process can start ({error.strerror}): {ADVICE}") from None
            finally:
                thread.shutdown()
                self.children = set(multiprocessing.active_children()) - before

    def start_quietly(self) -> None:
        # The processes inherit that Ctrl-C is blocked here, so they say nothing from their first
        # moment on: the parent gets the same Ctrl-C and ends them.
        if hasattr(signal, "pthread_sigmask"):  # not on Windows
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        for _ in range(self.processes):  # one starts for each job, as long as none is idle
            self.submit(os.getpid)

    def is_alive(self) -> bool:
        return all(child.is_alive() for child in self.children)

    def kill(self) -> None:
        for child in self.children:
            child.kill()  # nothing is lost: an epoch is written as a whole or not at all
        self.shutdown(cancel_futures=True)

    def reason(self) -> str:
        """Why one of the processes died, in a sentence."""
        self.shutdown()  # waits until the exit statuses are known
        statuses = {child.exitcode or 0 for child in self.children}
        statuses.discard(-signal.SIGTERM)  # with which the pool ends the others
        status = min(statuses, default=0)  # that of a signal is negative
        if status == -9:
            return f"A process was killed, most likely for want of memory: {ADVICE}"
        return f"A process ended with exit status {status}: what it printed says why."


idle: list[Pool] = []  # waits for the next jobs: a new process needs seconds to import PyTorch


# In the other processes

show_line: Callable[[str], None]  # to the parent


def prepare(lines: SimpleQueue) -> None:
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


def run_pickled(name: str, job: bytes) -> bytes:
    try:
        return pickle.dumps(run_job(name, pickle.loads(job), show_line))
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # it would not arrive
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        raise
