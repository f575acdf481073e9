"""The rule by which temperature and min-p are chosen, tried on writers that are known."""

from functools import partial

import pytest

from course.choices import (
    MIN_PS,
    TEMPERATURES,
    best_pair,
    choose_facts,
    losses_by_memory,
    write_pairs,
)
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.mixture import Mixture, evaluate
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate

CHOSEN = (0.95, 0.02)
GOAL = {"words": 0.95, "repetition": 0.0, "malformed": 0, "headings": 100}


def test_as_many_real_words_as_the_author_come_before_a_small_distance():
    tried = {
        (0.8, 0.0): GOAL | {"words": 0.9, "distance": 1.0},  # too few real words
        CHOSEN: GOAL | {"words": 0.965, "distance": 8.0},
        (1.1, 0.0): GOAL | {"words": 0.95, "distance": 9.0},
    }
    assert best_pair(tried, GOAL) == CHOSEN


def test_where_no_pair_is_near_the_nearest_share_of_real_words_is_taken():
    tried = {
        (0.8, 0.0): GOAL | {"words": 0.99, "distance": 4.0},
        CHOSEN: GOAL | {"words": 0.92, "distance": 9.0},
        (1.1, 0.0): GOAL | {"words": None, "distance": 2.0},  # texts without words
    }
    assert best_pair(tried, GOAL) == CHOSEN


@pytest.mark.parametrize("fault", [{"repetition": 0.2}, {"malformed": 2}])
def test_a_pair_whose_texts_loop_or_misspell_headings_is_left_out(fault):
    tried = {
        (0.8, 0.0): GOAL | {"distance": 1.0} | fault,
        CHOSEN: GOAL | {"distance": 4.0, "malformed": 1},
    }
    assert best_pair(tried, GOAL) == CHOSEN


@pytest.mark.parametrize("kind", [CharLSTM, CopyLSTM, Mixture])
def test_all_pairs_at_once_write_what_each_would_write_alone(make_network, excerpt, kind):
    if kind is Mixture:
        network = make_network(CopyLSTM)
        network.facts["mixture"] = {"network": 0.8, "ngram": 0.2}
        network = Mixture(network, WittenBell(excerpt.ids, excerpt.vocab_size))
    else:
        network = make_network(kind)
        network.facts["sampling"] = {"temperature": 0.1}  # an earlier choice: no influence
    many = {"length": 20, "num_samples": 3, "seed": 7}
    texts = write_pairs(network, "First", **many)
    assert list(texts) == [(temperature, m) for temperature in TEMPERATURES for m in MIN_PS]
    for (temperature, min_p), written in texts.items():
        expected = generate(network, "First", **many, temperature=temperature, min_p=min_p)
        assert [f"First{text}" for text in written] == expected


def test_all_choices_are_made_and_kept_with_the_network(make_network, excerpt, tmp_path):
    network = make_network(CopyLSTM).float()
    split = excerpt.split()
    ngrams = WittenBell(split.train.ids, excerpt.vocab_size)
    write = partial(write_pairs, prompt="First", length=9, num_samples=2, seed=1)
    asked = []

    def choose(written):
        """As if the rule took another pair for each."""
        asked.append(written)
        return {"temperature": 1.0 - 0.1 * len(asked), "min_p": 0.02}

    by_memory = losses_by_memory(network, split.validation, [8, 32])
    losses = choose_facts(network, tmp_path, excerpt, by_memory, ngrams, write, choose)
    assert asked == [write(network), write(Mixture(network, ngrams))]
    assert network.memory == min(by_memory, key=by_memory.get)
    predictions = {
        "cold": cold_predictions(network, split.held_out),
        "carried": carried_predictions(network, split.held_out),
    }
    assert losses == evaluate([predictions], excerpt)
    of_network, of_ngrams = losses["carried_mixed"]["exponents"]
    assert network.facts == {
        "sampling": {"temperature": 0.9, "min_p": 0.02},
        "mixture": {
            "network": of_network,
            "ngram": of_ngrams,
            "sampling": {"temperature": 0.8, "min_p": 0.02},
        },
    }
