"""Shannon's game: what is hidden, what counts as a guess, and what the program predicts."""

import re

import pytest
import torch
from conftest import shown

from games.shannon import Game, part_to_guess
from shakespeare.beyond.ngrams import kneser_ney_losses
from shakespeare.data import Corpus
from study.guessing import count_and_predict, guesses_needed


@pytest.fixture
def game(excerpt: Corpus) -> Game:
    part = excerpt.slice(3_000, 5_000, "second")
    torch.manual_seed(2)
    return Game(part, torch.rand(len(part.ids), part.vocab_size).softmax(1))


def wrong_for(game: Game, count: int) -> list[str]:
    """Characters that are not the next one."""
    true = game.hidden[len(game.guesses)]
    return [character for character in game.chars if character != true][:count]


def test_the_program_is_the_kneser_ney_model(excerpt: Corpus):
    train = excerpt.slice(0, 3_000, "first")
    part = excerpt.slice(3_000, 3_300, "second")
    p = count_and_predict(train, part, order=4)
    torch.testing.assert_close(p.sum(1), torch.ones(300))
    losses = kneser_ney_losses(train.ids, part.ids, train.vocab_size, max_order=4)[4]
    of_true = p.gather(1, part.ids.long()[:, None])[:, 0]
    torch.testing.assert_close(-of_true.log(), losses)


def test_the_likeliest_character_is_guessed_first():
    p = torch.tensor([[0.2, 0.5, 0.3]]).expand(3, -1)
    assert guesses_needed(p, torch.tensor([1, 2, 0])).tolist() == [1, 2, 3]


def test_the_end_of_a_line_is_hidden():
    text = "x" * 50 + "\n" * 1_000 + "short\n" + "a" * 15 + "b" * 20 + "c" * 15
    assert text[part_to_guess(text)] == "b" * 20


def test_each_different_guess_counts_once(game: Game):
    first, second = wrong_for(game, 2)
    for character in (first, first, second):
        game.box.value += character
        assert game.guesses == []
    game.box.value += "\u20ac"  # not in the vocabulary
    assert "doesn't occur" in shown(game.status)
    game.box.value = game.box.value[:1]  # deleting is no guess
    game.box.value += game.hidden[0]
    assert game.guesses == [3]
    assert shown(game.shown) == game.before + game.hidden[0] + "_" * (len(game.hidden) - 1)
    game.box.value += game.hidden[1:] + "ab"  # several at once, and more than the line has
    assert game.is_over and game.guesses == [3] + [1] * (len(game.hidden) - 1)


def test_text_is_never_html(write):
    corpus = Corpus.read(write("<b>&\"'</b>\n" * 40))
    game = Game(corpus, torch.rand(len(corpus.ids), corpus.vocab_size))
    while not game.is_over:
        game.guess("<")
        game.button.click()
    tags = set(re.findall(r"<(/?\w+)", game.shown.value + game.status.value))
    assert tags == {"div", "/div", "b", "/b"}
    assert shown(game.shown) == game.before + game.hidden
