"""The quiz of notebook 04: its passages are chosen by a rule, and its answers are right."""

import pytest
from conftest import shown

from course import quiz
from course.quiz import LENGTH, PASSAGES, Passage, Quiz, as_good_by_chance, make_passages, show_quiz
from shakespeare.sampling import generate

TEXT = "\n\n".join(f"Line {k} of a play, and more of it" for k in range(400))  # 13,000 characters


@pytest.fixture
def network(make_network):
    return make_network(chars=sorted(set(TEXT)))


@pytest.fixture
def passages(network) -> list[Passage]:
    return make_passages(network, TEXT, {"line", "of", "a", "play"}, seed=1)


def test_five_passages_are_the_authors_and_five_continue_what_was_before(network, passages):
    assert len(passages) == PASSAGES
    assert sum(passage.by_network for passage in passages) == PASSAGES // 2
    tenth = len(TEXT) // PASSAGES
    for number, passage in enumerate(passages):
        assert len(passage.text) == LENGTH
        assert number * tenth + 500 <= passage.start <= (number + 1) * tenth - LENGTH
        assert TEXT[passage.start - 1] == "\n" != TEXT[passage.start]
        if passage.by_network:
            before = TEXT[passage.start - 500 : passage.start]
            assert [before + passage.text] == generate(network, before, LENGTH, seed=1 + number)
        else:
            assert passage.text == TEXT[passage.start : passage.start + LENGTH]
            assert passage.unknown == ["and", "it", "more"]


def test_a_short_text_in_one_line_has_shorter_passages(network):
    short = TEXT[:600].replace("\n", " ")
    passages = make_passages(network, short, set(), seed=1)
    assert {len(passage.text) for passage in passages} == {15}
    assert [passage.start // 60 for passage in passages] == list(range(PASSAGES))


def test_the_reader_answers_and_learns_how_many_were_right(passages):
    game = Quiz(passages)
    for number, passage in enumerate(passages, 1):
        assert shown(game.text) == f"{passage.text}…"
        game.answer(passage.by_network if number > 3 else not passage.by_network)
    assert "right about 7 of 10" in shown(game.status) and "17\u00a0%" in shown(game.status)
    for number, passage in enumerate(passages, 1):
        verdict = "right" if number > 3 else "wrong"
        assert f"{number}. You are {verdict}: {passage.writer()} wrote this." in shown(game.text)
    assert as_good_by_chance(9) == 11 / 1024


def test_text_is_never_html():
    game = Quiz([Passage("<b>&", 1, False, ["<i>"])])
    assert "<b>" not in game.text.value and shown(game.text) == "<b>&…"
    game.answer(by_network=True)
    assert "<i>" not in game.text.value


def test_where_nobody_can_press_a_button_the_answers_come_last(passages, capsys, monkeypatch):
    tables = []
    monkeypatch.setattr(quiz, "show_table", lambda *about: tables.append(about))
    show_quiz(passages)
    printed = capsys.readouterr().out
    for number, passage in enumerate(passages, 1):
        assert f"--- passage {number}\n{passage.text}…" in printed
    assert "author" not in printed and "network" not in printed
    [(_, rows, _, caption)] = tables
    assert "5 of the author's 5 passages" in caption
    assert [row[1] for row in rows] == [passage.writer() for passage in passages]
