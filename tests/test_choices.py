"""The rule by which temperature and min-p are chosen, tried on writers that are known."""

import pytest

from course.choices import MIN_PS, TEMPERATURES, best_pair, choose_facts, choose_sampling
from course.novelty import Study, distance
from shakespeare import pretrained
from shakespeare.beyond.copying import CopyLSTM, choose_memory
from shakespeare.beyond.mixture import Mixture, evaluate
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.evaluation import carried_predictions, cold_predictions
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


def test_every_pair_is_written_with_and_counted(study):
    asked = []

    def write(options):
        asked.append(options)
        return [text_with(95, 5)]

    goal = study([text_with(95, 5)])
    tried, _ = choose_sampling(write, study, goal)
    pairs = [(temperature, min_p) for temperature in TEMPERATURES for min_p in MIN_PS]
    assert list(tried) == pairs
    assert [(options["temperature"], options["min_p"]) for options in asked] == pairs
    assert all(counts["distance"] == 0 for counts in tried.values())
    assert tried[CHOSEN] == study([text_with(95, 5)]) | {"distance": 0}


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


def test_the_rule_finds_the_writer_that_is_like_the_author(study):
    def write(options):
        if (options["temperature"], options["min_p"]) == CHOSEN:
            return [text_with(95, 5)]
        invented = 40 if options["temperature"] > 1 else 0
        return [text_with(100 - invented, invented)]

    goal = study([text_with(95, 5)])
    tried, chosen = choose_sampling(write, study, goal)
    assert chosen == CHOSEN
    assert tried[1.1, 0.0]["distance"] == distance(
        study(write({"temperature": 1.1, "min_p": 0})), goal
    )


def test_texts_without_words_are_possible(study):
    _, chosen = choose_sampling(lambda options: ["12 34 56"], study, study(["78 90"]))
    assert chosen == (TEMPERATURES[0], MIN_PS[0])


def test_networks_alone_and_mixed_with_ngrams_can_be_the_writer(make_network, excerpt):
    network = make_network().float()
    network.facts["mixture"] = {"network": 0.8, "ngram": 0.2}
    split = excerpt.split()
    mixture = Mixture(network, WittenBell(split.train.ids, excerpt.vocab_size))
    study = Study(split.train.text())
    goal = study([split.validation.text()])
    for writer in (network, mixture):

        def write(options, writer=writer):
            return generate(writer, "First", 20, num_samples=2, seed=1, **options)

        tried, chosen = choose_sampling(write, study, goal)
        assert chosen in tried


def test_all_choices_are_made_and_saved_with_the_network(make_network, excerpt, tmp_path):
    network = make_network(CopyLSTM).float()
    split = excerpt.split()
    counts = WittenBell(split.train.ids, excerpt.vocab_size)
    asked = []

    def choose(writer):
        """As if the rule took another pair for each."""
        asked.append(writer)
        return {"temperature": 1.0 - 0.1 * len(asked), "min_p": 0.02}

    losses = choose_facts(network, tmp_path, excerpt, [8, 32], counts, choose)

    assert asked[0] is network
    assert isinstance(asked[1], Mixture) and asked[1].network is network
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
