"""What is quoted from others has a source, and losses that can be compared with ours."""

import pytest

from report.evidence import quoted
from report.evidence.pictures import rivals


def test_each_loss_of_another_has_a_source():
    rows = quoted.others()
    assert len({row["model"] for row in rows}) == len(rows)
    for row in rows:
        assert 0.9 < float(row["loss"]) < 4.2
        assert row["by"] and row["protocol"] and row["address"].startswith("https://")


def test_each_project_of_the_survey_is_classified_and_can_be_found():
    rows = quoted.survey()
    assert len({(row["repository"], row["path"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["held_out"] in rivals.HELD_OUT
        assert "/" in row["repository"] and len(row["commit"]) == 40


def test_the_losses_of_programs_are_numbers():
    by_name = {quoted.name_of(row): row for row in quoted.programs()}
    assert by_name["paq8px -7L"]["plays"] == pytest.approx(1.2116, abs=1e-4)
    assert by_name["paq8px -7"]["plays"] is None
    for row in by_name.values():
        assert row["validation"] < row["held_out"] < row["test"]
