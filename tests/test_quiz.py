"""The quiz of notebook 04: its passages are chosen by a rule, and its answers are right."""

from conftest import shown

from games.quiz import LENGTH, PASSAGES, Passage, Quiz, as_good_by_chance, make_passages
from shakespeare.sampling import generate

TEXT = "\n\n".join(f"Line {k} of a play, and more of it" for k in range(400))  # 13,000 characters


def test_five_passages_are_the_authors_and_five_continue_what_was_before(make_network):
    network = make_network(chars=sorted(set(TEXT)))
    words = {"line", "of", "a", "play"}
    passages = make_passages(network, TEXT, words, seed=1, temperature=0)
    assert len(passages) == PASSAGES
    assert sum(passage.by_network for passage in passages) == PASSAGES // 2
    tenth = len(TEXT) // PASSAGES
    for number, passage in enumerate(passages):
        assert len(passage.text) == LENGTH
        assert number * tenth + 500 <= passage.start <= (number + 1) * tenth - LENGTH
        assert TEXT[passage.start - 1] == "\n" != TEXT[passage.start]
        if passage.by_network:
            before = TEXT[passage.start - 500 : passage.start]
            assert [before + passage.text] == generate(network, before, LENGTH, temperature=0)
        else:
            assert passage.text == TEXT[passage.start : passage.start + LENGTH]
            assert passage.unknown == ["and", "it", "more"]


def test_a_reader_who_guesses_is_rarely_right_nine_times():
    assert as_good_by_chance(9) == 11 / 1024


def test_text_is_never_html():
    game = Quiz([Passage("<b>&", 1, False, ["<i>"])])
    assert "<b>" not in game.text.value and shown(game.text) == "<b>&…"
    game.answer(by_network=True)
    assert "<i>" not in game.text.value
