"""Jobs in other processes: their results by name, and their errors."""

from functools import partial

import pytest
import torch

from evidence.jobs import change, fail
from report.evidence.pool import side_by_side


@pytest.mark.parametrize("processes", [1, 2])
def test_results_have_the_names_of_their_jobs(processes: int):
    weights = torch.ones(3)
    jobs = {("a tuple", 1): partial(change, weights), 3: partial(sum, [1, 2])}
    results = side_by_side(jobs, processes)
    assert list(results.items()) == [(("a tuple", 1), 1), (3, 3)]
    assert weights.sum() == 3  # a job changes nothing here


def test_an_error_arrives():
    with pytest.raises(ValueError, match="torn"):
        side_by_side({"whole": partial(sum, [1]), "torn": fail}, processes=2)
