"""Rooms 4 and 8: protocols, n-gram baselines, cells and contexts, against slow code that is plainly right."""

import collections
import copy
import math

import pytest
import torch

from shakespeare.analysis import areas, cell_states, correlations, losses_by_context
from shakespeare.data import ShakespeareDataset
from shakespeare.evaluation import (
    bits,
    carried_losses,
    carried_predictions,
    choose_memory,
    cold_losses,
    cold_predictions,
    dynamic_predictions,
    evaluate,
    losses_of,
    mixture,
    ngram_losses,
    ngrams,
)


def naive_losses(model, ids):
    """Losses of ids[1:], read from a zero state."""
    logits, _ = model(ids[None, :-1].long())  # (1, characters - 1, vocab_size)
    return -logits[0].log_softmax(-1)[torch.arange(len(ids) - 1), ids[1:].long()]


def close(actual, expected):
    """Equal as far as float32 tells, in which models' losses are computed."""
    torch.testing.assert_close(torch.as_tensor(actual).float(), torch.as_tensor(expected).float())


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_cold_losses_start_each_window_from_zero(make_model, text, batch_size):
    model, part = make_model(dropout=0.5).train(), text.split().held_out
    cold = cold_losses(model, part, window=50, batch_size=batch_size)
    model.eval()
    starts = range(0, len(part.data) - 50, 50)
    expected = torch.stack([naive_losses(model, part.data[k : k + 51]) for k in starts])
    assert cold.shape == (11, 50)
    close(cold, expected)


@pytest.mark.parametrize("chunk", [1, 7, 299, 300, 4096])
def test_carried_losses_do_not_depend_on_the_chunk(make_model, text, chunk):
    model, part = make_model(dropout=0.5).train(), text.split().validation
    each = carried_losses(model, part, chunk)
    assert each.shape == (299,)
    close(each, naive_losses(model.eval(), part.data))


OPTIONS = [{}, {"copy_size": 4, "memory": 40}]


@pytest.mark.parametrize("options", OPTIONS)
def test_dynamic_losses_without_steps_are_the_carried_ones(make_model, text, options):
    model, part = make_model(dropout=0.5, **options), text.split().validation
    close(dynamic_predictions(model, part, learning_rate=0.0, chunk=16), carried_predictions(model, part))


@pytest.mark.parametrize("options", OPTIONS)
def test_dynamic_evaluation_learns_only_from_what_it_has_predicted(make_model, text, write, options):
    model = make_model(**options)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    part = text.split().train
    dynamic = dynamic_predictions(model, part, learning_rate=0.01, chunk=32)
    assert dynamic.shape == (len(part.data) - 1, text.vocab_size)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    close(dynamic[:32], carried_predictions(model, part)[:32])  # nothing to learn from yet
    assert losses_of(dynamic, part)[-1000:].mean() < carried_losses(model, part)[-1000:].mean() - 0.5

    other = copy.copy(part)
    other.data = torch.cat([part.data[:1000], part.data[:1000].flip(0)])
    again = dynamic_predictions(model, other, learning_rate=0.01, chunk=32)
    close(again[:999], dynamic[:999])  # what comes later is not seen


def test_evaluation_covers_validation_test_and_both_together(make_model, text):
    model, held_out = make_model(), text.split().held_out
    predictions = {"cold": cold_predictions(model, held_out, 100), "carried": carried_predictions(model, held_out)}
    results = evaluate(predictions, text, window=100)
    carried = naive_losses(model, held_out.data)  # of the characters 1 to 599; the test part begins at 300
    cold = cold_losses(model, held_out, 100).flatten()  # of the characters 1 to 500
    for protocol, each in (("carried", carried), ("cold", cold)):
        close(results[protocol]["validation"], each[:299].mean())
        close(results[protocol]["test"], each[299:].mean())
        close(results[protocol]["held_out"], each.mean())


def test_mixture_is_the_product_whose_weights_are_best_on_the_validation_half(make_model, text):
    split = text.split()
    network = carried_predictions(make_model().float(), split.held_out)
    results = evaluate({"carried": network}, text, max_order=3)["carried_mixed"]
    *_, p = ngrams(split.train.data, split.held_out.data, text.vocab_size, 3, torch.arange(600))

    def validation(a, b):
        product = network.double().exp() ** a * p[1:].double() ** b  # (599, vocab_size)
        chosen = product.gather(1, split.held_out.data[1:].long()[:, None])[:, 0] / product.sum(1)
        return -chosen[:299].log().mean()

    a, b = results["network"], results["ngram"]
    close(results["validation"], validation(a, b))
    for step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert validation(a + step[0], b + step[1]) > validation(a, b)
    assert validation(a, b) < min(validation(1, 0), validation(0, 1))


def test_n_grams_of_a_cold_window_know_nothing_before_it(text):
    split = text.split()
    network = torch.zeros(599, text.vocab_size).log_softmax(-1)  # the mixture is the n-gram model
    mixed = evaluate({"cold": network, "carried": network}, text, max_order=4, window=1)
    *_, p = ngrams(split.train.data, split.held_out.data, text.vocab_size, max_order=1)
    expected = mixture(network, p.log()[1:], 1.0, mixed["cold_mixed"]["ngram"])
    close(mixed["cold_mixed"]["held_out"], losses_of(expected, split.held_out).mean())
    assert mixed["carried_mixed"]["held_out"] < mixed["cold_mixed"]["held_out"]


def test_memory_is_the_one_with_the_lowest_carried_loss(make_model, text):
    model, part = make_model(copy_size=4, memory=8), text.split().validation
    found = choose_memory(model, part, [1, 8, 100])
    assert list(found) == [1, 8, 100] and found[model.copy_head.memory] == min(found.values())
    close(found[model.copy_head.memory], carried_losses(model, part).mean())
    assert choose_memory(make_model(), part, [1, 8]) == {}


def test_evaluation_refuses_what_it_cannot_use(make_model, text, write, refuses):
    with refuses("600", "held-out part of excerpt.txt"):
        cold_losses(make_model(), text.split().held_out, window=600)
    other = ShakespeareDataset(write("another alphabet " * 9), seq_len=5)
    for protocol in (cold_losses, carried_losses):
        with refuses("text.txt"):
            protocol(make_model(), other)


def test_bits():
    assert bits(math.log(2)) == pytest.approx(1) and bits(math.log(65)) == pytest.approx(math.log2(65))


def witten_bell(train: str, context: str, c: str, vocab_size: int) -> float:
    """P(c | context) by the formula in the docstring of ngrams, with a dictionary for each order."""
    if context is None:
        return 1 / vocab_size
    k = len(context)
    following = collections.Counter(train[i] for i in range(k, len(train)) if train[i - k : i] == context)
    shorter = witten_bell(train, context[1:] if k else None, c, vocab_size)
    n, distinct = sum(following.values()), len(following)
    return (following[c] + distinct * shorter) / (n + distinct) if n else shorter


def test_ngrams_equal_counting_with_dictionaries(text):
    train, held_out = text.data[:1500], text.data[1500:1580]
    by_order = ngram_losses(train, held_out, text.vocab_size)
    characters = text.decode(text.data)
    for order in range(7):
        expected = [
            -math.log(witten_bell(characters[:1500], characters[i - order : i], characters[i], text.vocab_size))
            for i in range(1500, 1580)
        ]
        close(by_order[order], expected)


@pytest.mark.parametrize("train", ["abracadabra abracadab", "aaaaaaaaaa", "ab"])
def test_ngram_probabilities_sum_to_one(train):
    vocabulary = sorted(set("abracadabra z"))  # z is never seen
    ids = torch.tensor([vocabulary.index(c) for c in train])
    each = [ngram_losses(ids, torch.tensor([k]), len(vocabulary))[:, 0] for k in range(len(vocabulary))]
    p = torch.stack(each).neg().exp()  # (vocab_size, orders)
    assert p.min() > 0
    close(p.sum(0), torch.ones(7))


def test_a_long_run_of_one_character_does_not_break_the_mixture(write):
    text = ShakespeareDataset(write("a" * 6000 + "b" + "a" * 99), seq_len=5)
    network = torch.full((609, text.vocab_size), 1 / text.vocab_size).log()
    assert math.isfinite(evaluate({"carried": network}, text)["carried_mixed"]["held_out"])


def test_order_0_on_its_own_counts_is_the_entropy():
    ids = torch.tensor([0, 1, 1, 2, 2, 2, 2] * 3000)
    [each] = ngram_losses(ids, ids[:7], vocab_size=3, max_order=0)
    entropy = -sum(p * math.log(p) for p in (1 / 7, 2 / 7, 4 / 7))
    assert each.mean() == pytest.approx(entropy, abs=1e-4)


def test_held_out_text_is_never_counted(text):
    train, held_out = text.data[:2000], text.data[2000:3000]
    each = ngram_losses(train, held_out, text.vocab_size)
    close(each[:, :10], ngram_losses(train, held_out[:10], text.vocab_size))
    assert (each[1:].mean(1) < each[0].mean()).all()  # context helps on real text


def test_counting_on_equals_counting_anew_before_each_character(text):
    held_out = text.data[1500:1700]
    for order, p in enumerate(ngrams(text.data[:1500], held_out, text.vocab_size, 3, count_on=True)):
        for k in (0, 1, 57, 199):
            *_, [expected] = ngrams(text.data[: 1500 + k], held_out[k : k + 1], text.vocab_size, order)
            close(p[k], expected)


@pytest.mark.parametrize("options", OPTIONS)
def test_losses_by_context_are_those_of_windows_read_one_by_one(make_model, text, options):
    model, part, lengths = make_model(dropout=0.5, **options).train(), text.split().held_out, [1, 2, 16, 65]
    targets = torch.tensor([65, 301, 584])[:, None] + torch.arange(16)  # (3, 16)
    losses, written = losses_by_context(model, part, lengths, targets)
    assert losses.shape == written.shape == (4, 48)
    for row, length in enumerate(lengths):
        step = {1: 1, 2: 1, 16: 2, 65: 8}[length]
        for place, target in enumerate(targets.flatten().tolist()):
            start = target - length - place % step  # the window is that of the first of `step` neighbours
            close(losses[row, place], naive_losses(model, part.data[start : target + 1])[-1])
    assert torch.equal(losses, written) is (model.copy_head is None)
    model.copy_head = None
    close(written[1, 0], naive_losses(model, part.data[63:66])[-1])


def test_losses_by_context_refuse_a_place_with_too_little_before_it(make_model, text, refuses):
    with refuses("1,024", "40", "held-out part of excerpt.txt"):
        losses_by_context(make_model(), text.split().held_out, [1, 1024], torch.tensor([[40, 41], [500, 501]]))


@pytest.mark.parametrize("chunk", [1, 7, 300])
def test_cell_states_are_those_that_the_layers_return(make_model, text, chunk):
    model, ids = make_model(dropout=0.5, copy_size=4).train(), text.data[:600].view(2, 300)
    cells = cell_states(model, ids, chunk)
    assert cells.shape == (2, 300, 24)
    for length in (1, 2, 50, 300):
        _, state = model(ids[:, :length].long())
        expected = torch.cat([c[0] for _, c in state.layers], dim=1).tanh()  # (2, 24)
        close(cells[:, length - 1], expected)


def test_cell_states_of_a_closed_output_gate_are_numbers(make_model, text):
    model = make_model().float()
    with torch.no_grad():
        model.layers[0].bias_ih_l0[36:] = -500  # the output gate's
    assert cell_states(model, text.data[None, :50]).isfinite().all()


def test_correlations_are_pearsons():
    values, target = torch.randn(50, 3, generator=torch.Generator().manual_seed(1)), torch.arange(50)
    values[:, 2] = 7.0
    found = correlations(values, target)
    close(found[:2], torch.corrcoef(torch.stack([values[:, 0], values[:, 1], target.float()]))[2, :2])
    assert found[2] == 0 and correlations(values, torch.ones(50)).tolist() == [0, 0, 0]


def test_areas_count_pairs_in_the_right_order():
    values = torch.randint(5, (40, 3), generator=torch.Generator().manual_seed(1)).float()  # many draws
    yes = torch.arange(40) % 3 == 0
    pairs = values[yes][:, None] - values[~yes]  # (14, 26, 3)
    close(areas(values, yes), ((pairs > 0).float() + (pairs == 0).float() / 2).mean((0, 1)))
    close(areas(yes.float()[:, None], yes), [1.0])
