"""Independent jobs at once, such as trainings: a process for each core, one thread in each."""

import multiprocessing
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch

Job = Callable[[], Any]


def side_by_side(jobs: Mapping[Any, Job], processes: int | None = None) -> dict[Any, Any]:
    """What each job returns, by name. Jobs begin in the order given.

    A job is a function of a module, with its arguments bound by `partial`, because another process
    has to import it. On a GPU, which one job fills, one runs after the other.
    """
    if processes is None:
        processes = 1 if torch.cuda.is_available() else torch.get_num_threads()  # one for each core
    context = multiprocessing.get_context("spawn")  # PyTorch's threads don't survive a fork
    # One thread in each, because results depend on the number of threads.
    with ProcessPoolExecutor(processes, context, torch.set_num_threads, (1,)) as pool:
        # Left to itself, a pool moves tensors into memory that processes share, of which a
        # container has little.
        futures = {name: pool.submit(run_pickled, pickle.dumps(job)) for name, job in jobs.items()}
        return {name: pickle.loads(future.result()) for name, future in futures.items()}


def run_pickled(job: bytes) -> bytes:
    return pickle.dumps(pickle.loads(job)())
