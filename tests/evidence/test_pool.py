"""Jobs in other processes: results, lines, errors in one sentence, and no process left."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest
import torch
from conftest import heed_ctrl_c

from evidence.jobs import change, fail, print_and_die, print_lines
from report.evidence.pool import side_by_side

# Results and lines


def test_results_and_printed_lines_have_the_names_of_their_jobs(capsys, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.delenv("MKL_NUM_THREADS")
    weights = torch.ones(3)
    jobs = {
        ("a tuple", 1): partial(print_lines, 200),
        "threads": partial(change, weights),
        3: partial(sum, [1, 2]),
    }
    results = side_by_side(jobs, processes=2)
    assert results == {("a tuple", 1): None, "threads": 1, 3: 3}
    assert list(results) == list(jobs)
    assert weights.sum() == 3  # a job changes nothing here
    expected = [f"('a tuple', 1): line {number} {'.' * 1000}" for number in range(200)]
    assert capsys.readouterr().out.splitlines() == [*expected, "('a tuple', 1): the last one"]


def test_one_process_runs_the_jobs_here_with_one_thread(capsys):
    weights = torch.ones(3)
    jobs = {"a": partial(change, weights), "b": partial(print, "one\n\ntwo")}
    torch.set_num_threads(2)
    try:
        results = side_by_side(jobs, processes=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert results == {"a": 1, "b": None}
    assert weights.sum() == 3  # as in other processes, a job changes nothing here
    assert capsys.readouterr().out == "b: one\nb: two\n"


# Jobs that fail


def workers_of(process: int) -> list[psutil.Process]:
    children = psutil.Process(process).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def test_an_error_arrives_and_ends_the_other_jobs(refuses):
    before = set(workers_of(os.getpid()))
    with refuses("It's torn."):
        side_by_side({"endless": partial(time.sleep, 1000), "torn": fail}, processes=2)
    assert before.issuperset(workers_of(os.getpid()))


def test_a_death_says_its_reason_and_ends_the_other_jobs(capsys, refuses):
    before = set(workers_of(os.getpid()))
    jobs = {"fragile": print_and_die, "endless": partial(time.sleep, 1000)}
    with refuses("died", "memory", "OMP_NUM_THREADS"):
        side_by_side(jobs, processes=2)
    assert capsys.readouterr().out == "fragile: last words\n"
    assert before.issuperset(workers_of(os.getpid()))
    assert side_by_side({"a": os.getpid, "b": os.getpid}, processes=2)  # by new ones


# Stopped from outside


@pytest.mark.parametrize("by", ["ctrl-c", "kill"])
def test_no_process_is_left_and_no_traceback_is_shown(by, tmp_path):
    program = "import sys; from evidence.jobs import *; wait_side_by_side(sys.argv[1])"
    python = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )
    end = time.monotonic() + 120
    while not list(tmp_path.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.01)
    workers = workers_of(python.pid)
    if by == "ctrl-c":
        os.killpg(python.pid, signal.SIGINT)  # as a terminal and Jupyter do
    else:
        python.kill()
    _, said = python.communicate(timeout=120)  # until all have closed it
    advice = "the same command resumes after the last finished epoch"
    if by == "ctrl-c":  # after a kill, Python may warn of what it tidied up
        assert said == f"The processes were stopped: {advice}.\n"
    _, left = psutil.wait_procs(workers, timeout=20)
    assert not left
