"""The board's rows: ours are those of the published losses, and others' stay as they are."""

import csv
import shutil

import numpy as np
import pytest

from report import board
from shakespeare import score


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the board, and of what is published."""
    monkeypatch.setattr(board, "PATH", shutil.copy(board.PATH, tmp_path / "board.csv"))
    monkeypatch.setattr(score, "FOLDER", shutil.copytree(score.FOLDER, tmp_path / "score"))
    score.published.cache_clear()
    yield
    score.published.cache_clear()


def key_of(row: board.Row) -> tuple[str, str]:
    return row["model"], row["protocol"]


def assert_scored(rows: list[board.Row]) -> None:
    """Each row with a line has the loss and the line that its published losses give."""
    with_line = {key_of(row): row for row in rows if row["line"]}
    scored = {(each.name, each.protocol): each for each in score.published()}
    assert with_line.keys() == scored.keys()
    for key, each in scored.items():
        assert float(with_line[key]["loss"]) == pytest.approx(each.nats(), abs=6e-5)
        assert before_remark(with_line[key]["line"]) == before_remark(each.line())


def before_remark(line: str) -> str:
    """A line without what isn't verified: of what was scored itself, that is less."""
    return line.partition(" (")[0]


def test_published_losses_can_be_compared_with_any_model():
    found = score.published()
    assert len({(each.name, each.protocol) for each in found}) == len(found)
    for each in found:
        assert each.name == score.one_line(each.name) and "(" not in each.name
        assert len(each.losses) == score.predicted(each.protocol)
        assert each.losses.isfinite().all() and (each.losses >= 0).all()


def test_each_loss_with_a_line_is_that_of_its_published_losses():
    assert_scored(board.read())
    assert board.read() == board.rows()


def test_each_row_says_whose_it_is_and_how_to_repeat_it():
    rows = board.read()
    assert len({key_of(row) for row in rows}) == len(rows)
    for row in rows:
        assert list(row) == board.COLUMNS
        assert 0.9 < float(row["loss"]) < 4.2
        if row["by"] != board.OURS:
            assert row["by"] and row["repeat"].startswith("https://")


def test_a_row_of_another_stays_and_is_scored(copy):
    losses = np.full(score.predicted("carried"), 1.5, np.float16)
    np.savez(score.FOLDER / "theirs.npz", **{"theirs|carried": losses})
    [line] = [each.line() for each in score.published() if each.name == "theirs"]
    values = ["theirs", "carried", "1.5000", line, "they", "https://example.org"]
    with board.PATH.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(values)
    before = board.read()
    board.write()
    assert board.read() == before
    assert list(before[-1].values()) == values
    assert_scored(before)


def test_our_rows_follow_the_published_losses(copy):
    losses = np.full(score.predicted("cold"), 2.5, np.float16)
    np.savez(score.FOLDER / "losses.npz", **{"small|cold": losses})
    others = board.others()
    board.write()
    [ours, *rest] = board.read()
    assert rest == others
    assert ours["loss"] == "2.5000"
    assert ours["repeat"] == "shakespeare score small --protocol cold"
