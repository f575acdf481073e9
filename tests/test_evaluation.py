"""Cold and carried losses, against slow code that is plainly right."""

import pytest
import torch

from shakespeare import evaluation
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of, mean_by_part
from shakespeare.model import CharLSTM

KINDS = pytest.mark.parametrize("kind", [CharLSTM, CopyLSTM])


@torch.no_grad()
def naive_losses(network, ids):
    """Losses of ids[1:] (characters - 1,), read at once from an empty state."""
    logits, _ = network(ids[None, :-1].long())  # (1, characters - 1, vocab_size)
    log_p = logits[0].log_softmax(-1)
    true = ids[1:].tolist()
    return torch.stack([-log_p[t, true[t]] for t in range(len(true))])


def close(found, expected):
    """Equal as far as float32 tells, in which losses are computed."""
    torch.testing.assert_close(found.float(), expected.float())


@KINDS
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_each_cold_window_starts_from_an_empty_state(
    make_network, excerpt, monkeypatch, kind, batch_size
):
    monkeypatch.setattr(evaluation, "WINDOW", 50)
    network = make_network(kind).train()  # it must switch to evaluation by itself
    part = excerpt.split().held_out
    predictions = cold_predictions(network, part, batch_size)
    assert predictions.shape == (550, excerpt.vocab_size)
    expected = [naive_losses(network, part.ids[k : k + 51]) for k in range(0, 550, 50)]
    close(losses_of(predictions, part), torch.cat(expected))


@KINDS
@pytest.mark.parametrize("chunk", [1, 7, 299, 4096])
def test_carried_losses_are_those_of_one_pass(make_network, excerpt, kind, chunk):
    network = make_network(kind).train()
    part = excerpt.split().validation
    predictions = carried_predictions(network, part, chunk)
    assert predictions.shape == (299, excerpt.vocab_size)
    close(losses_of(predictions, part), naive_losses(network, part.ids))


@pytest.mark.parametrize("predict", [cold_predictions, carried_predictions])
def test_dropout_is_off_when_a_network_is_evaluated(make_network, excerpt, predict):
    network = make_network(CopyLSTM, dropout=0.5)
    part = excerpt.split().held_out
    assert torch.equal(predict(network.train(), part), predict(network.train(), part))


@KINDS
@pytest.mark.parametrize("predict", [cold_predictions, carried_predictions])
def test_no_loss_depends_on_a_later_character(make_network, excerpt, kind, predict):
    network = make_network(kind)
    part = excerpt.split().held_out
    ids = part.ids.clone()
    ids[301] = (ids[301] + 1) % excerpt.vocab_size
    other = Corpus(ids, part.chars, "other")
    found = predict(network, other)
    expected = predict(network, part)
    assert torch.equal(found[:301], expected[:301])
    assert not torch.allclose(found[301:], expected[301:])


def test_the_halves_of_the_held_out_text_are_those_of_the_split(make_network, excerpt):
    split = excerpt.split()
    network = make_network()
    for predict in (cold_predictions, carried_predictions):
        losses = losses_of(predict(network, split.held_out), split.held_out)
        means = mean_by_part(losses, split)
        # Losses begin at the second held-out character; the test half begins at character 300.
        assert means["validation"] == pytest.approx(float(losses[:299].mean()))
        assert means["test"] == pytest.approx(float(losses[299:].mean()))
        assert means["held_out"] == pytest.approx(float(losses.mean()))


@pytest.mark.parametrize("predict", [cold_predictions, carried_predictions])
def test_another_vocabulary_is_refused(make_network, write, refuses, predict):
    other = Corpus.read(write("another alphabet " * 30))
    with refuses("text.txt", "vocabulary"):
        predict(make_network(), other)
