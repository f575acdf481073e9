"""A trial of an idea becomes a row of the log, under the log's columns."""

import csv
import shutil

from conftest import ROOT

from report import experiments

SMALL = {
    "profile": "smoke",
    "recipe": "rungs",
    "hidden_size": 8,
    "batch_size": 4,
    "seq_len": 16,
    "epochs": 1,
    "limit_batches": 2,
}


def test_a_trial_is_measured_and_logged(excerpt, tmp_path):
    log = tmp_path / "experiments.csv"
    shutil.copy(ROOT / "report" / "experiments.csv", log)
    before = log.read_text(encoding="utf-8")
    log.write_text(before.rstrip("\n"), encoding="utf-8")  # as some editors leave it
    row = experiments.trial("tiny", SMALL, "a note, with a comma", excerpt, tmp_path / "build")
    experiments.add(row, log)

    assert log.read_text(encoding="utf-8").startswith(before)
    with log.open(newline="", encoding="utf-8") as file:
        last = list(csv.DictReader(file))[-1]
    assert last["name"] == "tiny"
    assert last["note"] == "a note, with a comma"
    assert last["epochs"] == "1"
    for protocol, part in experiments.LOSSES:
        assert 0 < float(last[f"{protocol}_{part}"]) < 5
