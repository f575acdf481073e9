"""The rule by which temperature and min-p are chosen, tried on writers that are known."""

from functools import partial

import pytest

from course import choices
from course.choices import (
    MIN_PS,
    TEMPERATURES,
    best_pair,
    choose_facts,
    choose_memory,
    choose_sampling,
    write_by_each,
    write_pairs,
)
from course.novelty import Study, distance
from shakespeare import pretrained
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.mixture import Mixture, evaluate
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate

REAL = "the cat sat on the mat and saw a dog near the old red barn at noon "
CHOSEN = (0.95, 0.02)


def text_with(real: int, invented: int) -> str:
    """A text with so many words of each kind, and one more word at each end."""
    words = REAL.split()
    chosen = [words[k % len(words)] for k in range(real)]
    invented_words = [f"xq{'abcdefghij'[k % 10]}" for k in range(invented)]
    return " ".join(["the", *chosen, *invented_words, "the"])


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(REAL * 3)


def test_the_texts_of_every_pair_are_counted(study):
    texts = {CHOSEN: [text_with(95, 5)], (1.0, 0.0): [text_with(60, 40), text_with(50, 50)]}
    goal = study([text_with(95, 5)])
    tried, chosen = choose_sampling(texts, study, goal)
    assert chosen == CHOSEN
    assert list(tried) == list(texts)
    assert tried[CHOSEN] == study(texts[CHOSEN]) | {"distance": 0}
    counts = study(texts[1.0, 0.0])
    assert tried[1.0, 0.0] == counts | {"distance": distance(counts, goal)}


def test_as_many_real_words_as_the_author_come_before_a_small_distance(study):
    goal = study([text_with(95, 5)])
    far = goal | {"words": 0.9, "distance": 1.0}  # closest of all, but with too few real words
    near = goal | {"words": 0.955, "distance": 8.0}
    nearest = goal | {"words": 0.95, "distance": 9.0}
    tried = {(0.8, 0.0): far, CHOSEN: near, (1.1, 0.0): nearest}
    assert best_pair(tried, goal) == CHOSEN


def test_where_no_pair_is_near_the_nearest_share_of_real_words_is_taken(study):
    goal = study([text_with(95, 5)])
    tried = {
        (0.8, 0.0): goal | {"words": 0.99, "distance": 4.0},
        CHOSEN: goal | {"words": 0.93, "distance": 9.0},
        (1.1, 0.0): goal | {"words": 0.5, "distance": 2.0},
    }
    assert best_pair(tried, goal) == CHOSEN


def test_a_pair_whose_texts_are_stuck_in_a_loop_is_left_out(study):
    goal = study([text_with(95, 5)])
    stuck = {"repetition": goal["repetition"] + 0.2}
    tried = {
        (0.8, 0.0): goal | {"distance": 1.0} | stuck,
        CHOSEN: goal | {"distance": 4.0},
    }
    assert best_pair(tried, goal) == CHOSEN
    none_is_near = {pair: counts | {"words": 0.5} for pair, counts in tried.items()}
    assert best_pair(none_is_near, goal) == CHOSEN
    all_are_stuck = {pair: counts | stuck for pair, counts in none_is_near.items()}
    assert best_pair(all_are_stuck, goal) == (0.8, 0.0)


def test_texts_without_words_are_possible(study):
    texts = {(0.8, 0.0): ["12 34 56"], CHOSEN: ["12 34 56"]}
    _, chosen = choose_sampling(texts, study, study(["78 90"]))
    assert chosen == (0.8, 0.0)


@pytest.mark.parametrize("kind", [CharLSTM, CopyLSTM, Mixture])
def test_all_samplers_at_once_write_what_each_would_write_alone(
    make_network, excerpt, monkeypatch, kind
):
    if kind is Mixture:
        network = make_network(CopyLSTM)
        network.facts["mixture"] = {"network": 0.8, "ngram": 0.2}
        network = Mixture(network, WittenBell(excerpt.ids, excerpt.vocab_size))
    else:
        network = make_network(kind)
    samplers = {
        "plain": {},
        "sharp": {"temperature": 0.7},
        "cut": {"temperature": 1.2, "min_p": 0.05},
        "likeliest": {"top_k": 5, "top_p": 0.9},
        "greedy": {"temperature": 0},
    }
    many = {"length": 40, "num_samples": 3, "seed": 7}
    texts = write_by_each(network, samplers, "First", **many)
    for name, options in samplers.items():
        expected = generate(network, "First", **many, **options)
        assert [f"First{text}" for text in texts[name]] == expected
    assert list(texts) == list(samplers)
    assert len(set(texts["plain"])) == 3
    for most_rows in (1, 7):  # one sampler in a batch; two, and one in the last
        monkeypatch.setattr(choices, "MOST_ROWS", most_rows)
        assert write_by_each(network, samplers, "First", **many) == texts


def test_every_pair_writes_with_its_temperature_and_min_p(make_network):
    network = make_network()
    network.facts["sampling"] = {"temperature": 0.1, "top_k": 1}  # an earlier choice: no influence
    texts = write_pairs(network, "First", 30, num_samples=2, seed=1)
    pairs = [(temperature, min_p) for temperature in TEMPERATURES for min_p in MIN_PS]
    assert list(texts) == pairs
    network.facts = {}
    for temperature, min_p in (pairs[0], pairs[6], pairs[-1]):
        written = generate(
            network, "First", 30, num_samples=2, seed=1, temperature=temperature, min_p=min_p
        )
        assert texts[temperature, min_p] == [text.removeprefix("First") for text in written]


def test_all_choices_are_made_and_saved_with_the_network(make_network, excerpt, tmp_path):
    network = make_network(CopyLSTM).float()
    split = excerpt.split()
    counts = WittenBell(split.train.ids, excerpt.vocab_size)
    write = partial(write_pairs, prompt="First", length=9, num_samples=2, seed=1)
    asked = []

    def choose(written):
        """As if the rule took another pair for each."""
        asked.append(written)
        return {"temperature": 1.0 - 0.1 * len(asked), "min_p": 0.02}

    losses = choose_facts(network, tmp_path, excerpt, [8, 32], counts, write, choose)

    assert asked == [write(network), write(Mixture(network, counts))]
    by_memory = choose_memory(make_network(CopyLSTM).float(), split.validation, [8, 32])
    assert network.memory == min(by_memory, key=by_memory.get)
    predictions = {
        "cold": cold_predictions(network, split.held_out),
        "carried": carried_predictions(network, split.held_out),
    }
    assert losses == evaluate(predictions, excerpt)
    mixed = losses["carried_mixed"]
    assert network.facts == {
        "sampling": {"temperature": 0.9, "min_p": 0.02},
        "mixture": {
            "network": mixed["network"],
            "ngram": mixed["ngram"],
            "sampling": {"temperature": 0.8, "min_p": 0.02},
        },
    }
    network.save_pretrained(tmp_path / "network")
    loaded = pretrained.load(tmp_path / "network")
    assert loaded.facts == network.facts
    assert loaded.memory == network.memory
