"""The game of memory of notebook 02: which character is to be named."""

import torch

from course.game import Game


def test_the_first_character_is_named_or_the_one_after_the_mark(corpus):
    game = Game(corpus.split(), seed=1)
    for replaces in (False, True):
        generator = torch.Generator().manual_seed(2)
        windows, right = game.questions(game.train_ids, 10, 50, generator, replaces)
        assert windows.shape == (50, 11)
        assert set(right.tolist()) <= set(game.common.tolist())
        for window, answer in zip(windows.tolist(), right.tolist(), strict=True):
            assert window[0] in game.common
            place = window.index(game.mark) + 1 if replaces else 0
            assert window[place] == answer
