"""The games of memory of notebook 02: which character is to be named; its networks."""

import pytest
import torch
from torch import nn

from study.memory_game import Game, chrono_start


@pytest.mark.parametrize("name", ["holding", "replacing"])
def test_the_first_character_is_named_or_the_one_after_the_mark(corpus, name):
    game = Game(corpus.split(), seed=1)
    questions = getattr(game, name)
    windows, right = questions(game.train_ids, 10, 50, torch.Generator().manual_seed(2))
    assert windows.shape == (50, 11)
    assert set(right.tolist()) <= set(game.common.tolist())
    for window, answer in zip(windows.tolist(), right.tolist(), strict=True):
        assert window[0] in game.common
        place = 0 if name == "holding" else window.index(game.mark) + 1
        assert window[place] == answer


def test_chrono_start_opens_forget_gates_for_up_to_the_longest_time_and_shuts_input_gates():
    layer = nn.LSTM(3, 1_000)
    chrono_start(layer, longest=200)
    biases = layer.bias_ih_l0 + layer.bias_hh_l0
    i, f, _, _ = biases.detach().sigmoid().chunk(4)
    assert 0.5 <= f.min() < 0.9 and 0.99 < f.max() <= 1 - 1 / 200
    torch.testing.assert_close(i + f, torch.ones(1_000))
