"""What is chosen for a network is kept with it."""

from types import SimpleNamespace

import pytest

from report.evidence import networks, predictor
from report.evidence.measures import held_out_losses
from report.evidence.predictor import Predictor
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.mixture import Mixture
from shakespeare.beyond.ngrams import WittenBell
from shakespeare.evaluation import PROTOCOLS, carried_predictions, losses_of
from study.choices import write_pairs


@pytest.fixture(autouse=True)
def one_by_one(monkeypatch):
    """Jobs run here, one after the other."""
    for module in (networks, predictor):
        monkeypatch.setattr(
            module, "side_by_side", lambda jobs: {name: job() for name, job in jobs.items()}
        )


def test_the_memory_with_the_lowest_carried_loss_is_chosen(make_network, excerpt):
    network = make_network(CopyLSTM, memory=8).float()
    part = excerpt.split().validation
    found = networks.losses_by_memory(network, part, [1, 8, 100])
    assert network.memory == 8  # it was only tried
    network.memory = networks.best_memory(found)
    assert found[network.memory] == min(found.values())
    losses = losses_of(carried_predictions(network, part), part)
    assert found[network.memory] == pytest.approx(float(losses.mean()))


def test_all_choices_are_made_and_kept_with_the_network(
    make_network, excerpt, tmp_path, monkeypatch
):
    monkeypatch.setattr(networks, "ranges_up_to", lambda longest: [8, 32])
    monkeypatch.setattr(networks, "PROMPT", "First")
    asked = []

    def chosen_pair(e, author, written):
        """As if the rule took another pair for each."""
        asked.append(written)
        return {"temperature": 1.0 - 0.1 * len(asked), "min_p": 0.02}

    monkeypatch.setattr(networks, "chosen_pair", chosen_pair)
    split = excerpt.split()
    ngrams = WittenBell(split.train.ids, excerpt.vocab_size)
    e = SimpleNamespace(
        corpus=excerpt,
        split=split,
        held_out=split.held_out,
        sizes=SimpleNamespace(text=9, texts=2),
        seed=1,
        ngrams=lambda: ngrams,
        study=lambda texts: texts,
    )
    network = make_network(CopyLSTM).float()
    by_memory, losses = networks.choose_for_copying(e, Predictor(network, tmp_path), 32)
    assert list(by_memory) == [8, 32]
    assert network.memory == min(by_memory, key=by_memory.get)
    of_mixture = Mixture(network, ngrams)
    many = {"prompt": "First", "length": 9, "num_samples": 2, "seed": 1}
    assert asked == [write_pairs(writer, **many) for writer in (network, of_mixture)]
    predictions = {name: protocol(network, split.held_out) for name, protocol in PROTOCOLS.items()}
    assert losses == held_out_losses([predictions], excerpt)
    of_network, of_ngrams = losses["carried_mixed"]["exponents"]
    assert network.facts == {
        "sampling": {"temperature": 0.9, "min_p": 0.02},
        "mixture": {
            "network": of_network,
            "ngram": of_ngrams,
            "sampling": {"temperature": 0.8, "min_p": 0.02},
        },
    }
