"""Independent jobs, here one after the other; the evidence runs them in a pool of processes."""

from collections.abc import Callable, Mapping
from typing import Any

Job = Callable[[], Any]
RunJobs = Callable[[Mapping[Any, Job]], dict[Any, Any]]


def one_by_one(jobs: Mapping[Any, Job]) -> dict[Any, Any]:
    """What each job returns, by name."""
    return {name: job() for name, job in jobs.items()}
