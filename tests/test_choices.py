"""The rule by which temperature and min-p are chosen, tried on writers that are known."""

import pytest

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate
from study.choices import (
    MIN_PS,
    TEMPERATURES,
    best_pair,
    choose_sampling,
    write_pairs,
)
from study.novelty import Study

GOAL = {"repetition": 0.0}
CHOSEN = (0.9, 0.02)


def test_the_nearest_pair_is_chosen_unless_its_texts_are_stuck_in_loops():
    tried = {
        (0.7, 0.0): {"distance": 1.0, "repetition": 0.2},
        CHOSEN: {"distance": 4.0, "repetition": 0.0},
        (1.1, 0.0): {"distance": 9.0, "repetition": 0.0},
    }
    assert best_pair(tried, GOAL) == CHOSEN


def test_where_all_texts_are_stuck_the_nearest_pair_is_chosen():
    tried = {
        (0.7, 0.0): {"distance": 4.0, "repetition": 0.2},
        CHOSEN: {"distance": 1.0, "repetition": 0.3},
    }
    assert best_pair(tried, GOAL) == CHOSEN


def test_the_pair_whose_texts_are_made_of_what_the_authors_are_is_chosen():
    author = ["the king is here and the king is gone"]
    study = Study("the king is here and the king is gone\n" * 9)
    texts = {
        (0.7, 0.0): ["the the the the the the the the the"],
        CHOSEN: ["the king is gone and here is the king"],
        (1.1, 0.0): ["tke kimg si hree adn eth gnik si eogn"],
    }
    tried, chosen = choose_sampling(texts, study, study(author))
    assert chosen == CHOSEN
    assert tried[CHOSEN]["distance"] == min(counts["distance"] for counts in tried.values())


@pytest.mark.parametrize("kind", [CharLSTM, CopyLSTM])
def test_all_pairs_at_once_write_what_each_would_write_alone(make_network, kind):
    network = make_network(kind)
    network.facts["sampling"] = {"temperature": 0.1}  # an earlier choice: no influence
    many = {"length": 20, "num_samples": 3, "seed": 7}
    texts = write_pairs(network, "First", **many)
    assert list(texts) == [(temperature, m) for temperature in TEMPERATURES for m in MIN_PS]
    for (temperature, min_p), written in texts.items():
        expected = generate(network, "First", **many, temperature=temperature, min_p=min_p)
        assert [f"First{text}" for text in written] == expected
