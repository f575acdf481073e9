"""Cold, carried and dynamic losses, against slow code that is plainly right."""

import copy
import math

import pytest
import torch
from torch.nn import functional as F

from shakespeare import evaluation
from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import (
    carried_predictions,
    choose_memory,
    cold_predictions,
    dynamic_predictions,
    evaluate,
    losses_of,
    mixture,
    mixture_weights,
)
from shakespeare.ngrams import WittenBell, contexts

KINDS = pytest.mark.parametrize(
    "options", [{}, {"copy": True, "memory": 40}], ids=["plain", "copy"]
)


def naive_losses(model, ids):
    """Losses of ids[1:], read from a zero state."""
    logits, _ = model(ids[None, :-1].long())  # (1, characters - 1, vocab_size)
    return -logits[0].log_softmax(-1)[torch.arange(len(ids) - 1), ids[1:].long()]


def ngram(split, vocab_size, max_order, read=None):
    """Log-probabilities of the held-out characters by counting."""
    known = contexts(split.held_out.data, vocab_size, max_order)
    return WittenBell(split.train.data, vocab_size, max_order)(known, read)


def carried_losses(model, part):
    return losses_of(carried_predictions(model, part), part)


def close(actual, expected):
    """Equal as far as float32 tells, in which losses are computed."""
    torch.testing.assert_close(torch.as_tensor(actual).float(), torch.as_tensor(expected).float())


@KINDS
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_each_cold_window_starts_from_zero(make_model, text, monkeypatch, options, batch_size):
    monkeypatch.setattr(evaluation, "WINDOW", 50)
    model, part = make_model(dropout=0.5, **options).train(), text.split().held_out
    predictions = cold_predictions(model, part, batch_size)
    assert predictions.shape == (550, text.vocab_size)
    model.eval()
    expected = [naive_losses(model, part.data[k : k + 51]) for k in range(0, 550, 50)]
    close(losses_of(predictions, part), torch.cat(expected))


@KINDS
@pytest.mark.parametrize("chunk", [1, 7, 299, 4096])
def test_carried_losses_are_those_of_one_pass(make_model, text, options, chunk):
    model, part = make_model(dropout=0.5, **options).train(), text.split().validation
    predictions = carried_predictions(model, part, chunk)
    assert predictions.shape == (299, text.vocab_size)
    close(losses_of(predictions, part), naive_losses(model.eval(), part.data))


def slow_dynamic(model, ids, learning_rate, chunk):
    """Adam with beta1 = 0 by its equations, the gradient clipped to length 1."""
    model, state, losses, seen = copy.deepcopy(model), None, [], 0
    squares = [torch.zeros_like(weight) for weight in model.parameters()]
    for start in range(0, len(ids) - 1, chunk):
        piece = ids[start : start + chunk + 1].long()
        logits, state = model(piece[None, :-1], state)
        each = F.cross_entropy(logits[0].float(), piece[1:], reduction="none")
        losses.append(each.detach())
        gradients = torch.autograd.grad(each.mean(), list(model.parameters()))
        length = math.sqrt(sum(float(g.square().sum()) for g in gradients))
        seen, state = seen + 1, state.map(torch.Tensor.detach)
        for weight, gradient, square in zip(model.parameters(), gradients, squares, strict=True):
            gradient = gradient * min(1.0, 1 / (length + 1e-6))
            square.mul_(0.999).add_(0.001 * gradient**2)
            step = gradient / ((square / (1 - 0.999**seen)).sqrt() + 1e-8)
            weight.data -= learning_rate * step
    return torch.cat(losses)


@KINDS
def test_dynamic_losses_equal_a_slow_loop(make_model, text, options):
    model, part = make_model(dropout=0.5, **options), text.split().validation
    dynamic = dynamic_predictions(model, part, learning_rate=0.01, chunk=32)
    assert dynamic.shape == (299, text.vocab_size)
    found, expected = losses_of(dynamic, part), slow_dynamic(model, part.data, 0.01, 32)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
    close(found[:32], carried_losses(model, part)[:32])  # nothing learned yet
    assert (found[32:] - carried_losses(model, part)[32:]).abs().max() > 0.1


def test_dynamic_evaluation_learns_and_leaves_the_model_as_it_was(make_model, text):
    model, part = make_model(), text.split().train.slice(0, 3000, "first")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    dynamic = losses_of(dynamic_predictions(model, part, 0.01, chunk=32), part)
    assert all(torch.equal(w, before[name]) for name, w in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())
    assert dynamic[-1000:].mean() < carried_losses(model, part)[-1000:].mean() - 0.5
    close(dynamic_predictions(model, part, 0.0), carried_predictions(model, part))


@KINDS
@pytest.mark.parametrize("predict", [cold_predictions, carried_predictions, dynamic_predictions])
def test_no_loss_depends_on_a_later_character(make_model, text, options, predict):
    model, part = make_model(**options), text.split().held_out
    other = part.slice(0, len(part.data), "other")
    other.data = part.data.clone()
    other.data[301] = (other.data[301] + 1) % text.vocab_size
    other = other.with_windows(1)
    found, expected = predict(model, other), predict(model, part)
    assert torch.equal(found[:301], expected[:301])
    assert not torch.allclose(found[301:], expected[301:])


def test_another_vocabulary_is_refused(make_model, write, refuses):
    other = ShakespeareDataset(write("another alphabet " * 30), seq_len=5)
    for predict in (cold_predictions, carried_predictions, dynamic_predictions):
        with refuses("text.txt", "model"):
            predict(make_model(), other)


def test_validation_and_test_halves_add_up(make_model, text):
    model, held_out = make_model(), text.split().held_out
    predictions = {
        "cold": cold_predictions(model, held_out),
        "carried": carried_predictions(model, held_out),
    }
    results = evaluate(predictions, text)
    assert list(results) == ["cold", "cold_mixed", "carried", "carried_mixed"]
    carried = naive_losses(model, held_out.data)  # of the characters 1 to 599
    cold = losses_of(predictions["cold"], held_out)  # of the characters 1 to 512
    for protocol, each in (("carried", carried), ("cold", cold)):
        close(results[protocol]["validation"], each[:299].mean())  # the test half starts at 300
        close(results[protocol]["test"], each[299:].mean())
        close(results[protocol]["held_out"], each.mean())
        mixed, size = results[f"{protocol}_mixed"], len(each)
        total = 299 * mixed["validation"] + (size - 299) * mixed["test"]
        close(mixed["held_out"], total / size)


@pytest.mark.parametrize("protocol", ["cold", "carried", "dynamic"])
def test_a_mixture_is_never_worse_than_the_network_on_the_validation_half(
    make_model, text, protocol
):
    predict = getattr(evaluation, f"{protocol}_predictions")
    network = predict(make_model(), text.split().held_out)
    results = evaluate({protocol: network}, text)
    assert results[f"{protocol}_mixed"]["validation"] <= results[protocol]["validation"]


def test_mixture_weights_are_the_best_on_the_validation_half(make_model, text):
    split = text.split()
    network = carried_predictions(make_model(), split.held_out)
    results = evaluate({"carried": network}, text, max_order=3)["carried_mixed"]
    p = ngram(split, text.vocab_size, 3).exp()

    def validation(a, b):
        product = network.double().exp() ** a * p[1:].double() ** b  # (599, vocab_size)
        chosen = product.gather(1, split.held_out.data[1:].long()[:, None])[:, 0] / product.sum(1)
        return -chosen[:299].log().mean()

    a, b = results["network"], results["ngram"]
    close(results["validation"], validation(a, b))
    for step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert validation(a + step[0], b + step[1]) > validation(a, b)


def test_n_grams_of_a_cold_window_know_nothing_before_it(text, monkeypatch):
    monkeypatch.setattr(evaluation, "WINDOW", 1)
    split = text.split()
    network = torch.zeros(599, text.vocab_size).log_softmax(-1)  # the n-gram model alone decides
    mixed = evaluate({"cold": network, "carried": network}, text, max_order=4)
    p = ngram(split, text.vocab_size, max_order=1)
    expected = mixture(network, p[1:], 1.0, mixed["cold_mixed"]["ngram"])
    close(mixed["cold_mixed"]["held_out"], losses_of(expected, split.held_out).mean())
    assert mixed["carried_mixed"]["held_out"] < mixed["cold_mixed"]["held_out"]


def test_n_grams_count_on_in_dynamic_evaluation(text):
    split = text.split()
    network = torch.zeros(599, text.vocab_size).log_softmax(-1)
    mixed = evaluate({"dynamic": network}, text, max_order=2)["dynamic_mixed"]
    p = ngram(split, text.vocab_size, 2, split.held_out.data)
    expected = mixture(network, p[1:], 1.0, mixed["ngram"])
    close(mixed["held_out"], losses_of(expected, split.held_out).mean())


def test_a_long_run_of_one_character_does_not_break_the_mixture(write):
    text = ShakespeareDataset(write("a" * 6000 + "b" + "a" * 99), seq_len=5)
    network = torch.full((609, text.vocab_size), 1 / text.vocab_size).log()
    mixed = evaluate({"carried": network}, text)["carried_mixed"]
    assert math.isfinite(mixed["held_out"])


def test_the_memory_with_the_lowest_carried_loss_is_chosen(make_model, text):
    model, part = make_model(copy=True, memory=8), text.split().validation
    found = choose_memory(model, part, [1, 8, 100])
    chosen = model.hparams["memory"]
    assert list(found) == [1, 8, 100] and found[chosen] == min(found.values())
    assert len(set(found.values())) == 3
    close(found[chosen], carried_losses(model, part).mean())
    assert choose_memory(make_model(), part, [1, 8]) == {}  # a plain model has no memory


def test_a_mixture_is_the_normalised_product():
    torch.manual_seed(1)
    network, ngram = torch.randn(2, 9, 5).log_softmax(-1)
    product = network.exp() ** 0.7 * ngram.exp() ** 0.4
    expected = product / product.sum(1, keepdim=True)
    torch.testing.assert_close(mixture(network, ngram, 0.7, 0.4).exp(), expected)


@pytest.mark.parametrize("count", [1, 3, 200])
def test_no_other_weights_of_a_mixture_are_better(count):
    torch.manual_seed(count)
    network, ngram = torch.randn(2, count, 5).log_softmax(-1)
    true = torch.randint(5, (count,))

    def loss(a: float, b: float) -> float:
        return float(F.nll_loss(mixture(network, ngram, a, b), true))

    a, b = mixture_weights(network, ngram, true)
    assert math.isfinite(loss(a, b))
    near = [(a + 0.05, b), (a - 0.05, b), (a, b + 0.05), (a, b - 0.05)]
    for others in [(1, 0), (0, 1), (0, 0), *near]:
        assert loss(a, b) <= loss(*others) + 1e-4
