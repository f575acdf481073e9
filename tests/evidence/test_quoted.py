"""What is quoted from others has a source, and losses that can be compared with ours."""

from report.evidence import answers, quoted
from report.evidence.pictures.quoted import HELD_OUT
from report.evidence.setup import Evidence


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
        assert row["held_out"] in HELD_OUT
        assert "/" in row["repository"] and len(row["commit"]) == 40


def test_published_counts_are_those_of_the_rows():
    published = answers.published()["quoted"]
    assert published == quoted.quoted(Evidence("smoke"))
    assert sum(published["held_out"].values()) == published["projects"]
