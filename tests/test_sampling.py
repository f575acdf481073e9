"""Text continues a prompt as the model and the options say."""

import math

import pytest
import torch

from shakespeare.data import encode
from shakespeare.evaluation import carried_predictions, mixture
from shakespeare.ngrams import WittenBell, contexts
from shakespeare.sampling import (
    DEFAULTS,
    Stepper,
    count_ngrams,
    draw,
    generate,
    probabilities,
    steps,
)

PROMPT = "First Citizen:\n"
PLAIN = {"temperature": 1.0, "min_p": None}
KINDS = pytest.mark.parametrize(
    "options",
    [
        *({"num_layers": layers} for layers in (1, 2, 3)),
        *({"layer_norm": True}, {"copy": True}, {"copy": True, "memory": 5}),
    ],
    ids=str,
)


@KINDS
@torch.inference_mode()
def test_stepper_equals_the_model(make_model, text, options):
    model = make_model(**options)
    ids = text.data[:90].view(3, 30).long()  # (batch, time)
    _, state = model(ids[:1, :4])
    ids[:, :4] = ids[0, :4]  # three texts with one beginning
    expected, _ = model(ids)
    together, alone = Stepper(model, state, 3), Stepper(model, state)
    for t in range(4, 30):
        torch.testing.assert_close(together(ids[:, t]), expected[:, t])
        torch.testing.assert_close(alone(ids[:1, t]), expected[:1, t])


@torch.inference_mode()
def test_stepper_overwrites_a_memory_that_is_full_from_the_start(make_model, text):
    model, ids = make_model(copy=True, memory=5, layer_norm=True), text.data[None, :40].long()
    expected, _ = model(ids)
    _, state = model(ids[:, :17])
    step = Stepper(model, state)
    for t in range(17, 40):
        torch.testing.assert_close(step(ids[:, t]), expected[:, t])


@KINDS
def test_greedy_text_equals_reading_everything_again_for_each_character(make_model, options):
    model = make_model(**options)
    expected = PROMPT
    for _ in range(40):
        ids = torch.tensor([[model.chars.index(c) for c in expected]])  # (1, characters so far)
        expected += model.chars[int(model(ids)[0][0, -1].argmax())]
    assert len(set(expected[len(PROMPT) :])) > 3  # the model is no constant
    assert generate(model, PROMPT, 40, temperature=0, num_samples=2) == [expected, expected]
    for greedy in ({"top_k": 1}, {"top_p": 1e-50}, {"temperature": 1e-40}):
        assert generate(model, PROMPT, 40, **greedy) == [expected]


@pytest.mark.parametrize("copy", [False, True])
@torch.inference_mode()
def test_a_long_prompt_is_read_in_pieces(make_model, text, copy):
    model, lengths = make_model(copy=copy, memory=9), []
    expected = model(text.data[None, :3000].long())[0][:, -1].softmax(-1)
    model.register_forward_pre_hook(lambda _, given: lengths.append(given[0].shape[1]))
    p, _ = next(steps(model, text.decode(text.data[:3000]), 1, **PLAIN))
    torch.testing.assert_close(p, expected.float())
    assert sum(lengths) == 3000 and max(lengths) <= 1024


def test_a_seed_repeats_the_text_and_samples_differ(make_model):
    model = make_model()
    texts = generate(model, PROMPT, 30, num_samples=5, seed=7)
    torch.manual_seed(1)  # must not matter
    assert generate(model, PROMPT, 30, num_samples=5, seed=7) == texts
    assert generate(model, PROMPT, 30, num_samples=5, seed=8) != texts
    assert generate(model, PROMPT, 30) != generate(model, PROMPT, 30)
    assert len(set(texts)) == 5
    assert all(text.startswith(PROMPT) and len(text) == len(PROMPT) + 30 for text in texts)


def test_steps_joined_are_generate(make_model):
    model, options = make_model(), {"temperature": 0.8, "top_k": 9, "top_p": 0.9, "seed": 1}
    drawn = list(steps(model, PROMPT, 25, num_samples=3, **options))
    assert len(drawn) == 25
    texts = [PROMPT + "".join(model.chars[ids[k]] for _, ids in drawn) for k in range(3)]
    assert texts == generate(model, PROMPT, 25, num_samples=3, **options)


def test_characters_are_drawn_as_often_as_their_probability_says(make_model):
    model = make_model()
    ids = torch.tensor([[model.chars.index(c) for c in PROMPT]])
    options = {"temperature": 1.3, "top_k": 12, "top_p": 0.95, "min_p": 0.02}
    expected = probabilities(model(ids)[0][0, -1].float(), **options)
    drawn = generate(model, PROMPT, 1, num_samples=20_000, seed=0, **options)
    counts = torch.tensor([sum(text[-1] == c for text in drawn) for c in model.chars])
    torch.testing.assert_close(counts / 20_000, expected, atol=0.02, rtol=0)
    assert not counts[expected == 0].any()


def test_the_defaults_are_those_that_the_course_chose(make_model):
    model = make_model()
    chosen = generate(model, PROMPT, 30, num_samples=3, seed=1, **DEFAULTS)
    assert generate(model, PROMPT, 30, num_samples=3, seed=1) == chosen
    assert generate(model, PROMPT, 30, num_samples=3, seed=1, **PLAIN) != chosen


@pytest.mark.parametrize("copy", [False, True])
def test_text_is_drawn_from_the_mixture_that_is_measured(make_model, text, copy):
    """Each p is that of reading the whole text again, by the network and by counting."""
    model, counts = make_model(copy=copy), WittenBell(text.data[:5000], text.vocab_size)
    drawn = list(steps(model, PROMPT, 20, 2, seed=1, ngrams=(counts, 0.7, 0.2), **PLAIN))
    for k in range(2):
        written = PROMPT + "".join(model.chars[int(ids[k])] for _, ids in drawn)
        part = text.slice(0, 100, "written")
        part.data = encode(written, model.chars)  # (characters,)
        network = carried_predictions(model, part)
        ngram = counts(contexts(part.data, text.vocab_size, counts.max_order))[1:]
        expected = mixture(network, ngram, 0.7, 0.2).exp()[-20:]
        torch.testing.assert_close(torch.stack([p[k] for p, _ in drawn]), expected.float())


def test_n_grams_of_another_alphabet_are_refused(make_model, refuses):
    with refuses("The character 'c'", "vocabulary"):
        count_ngrams(make_model(["a", "b"]), ["ab", "bac"])


def test_n_grams_are_counted_in_a_text_or_its_pieces(make_model, text):
    model, train = make_model(), text.decode(text.data[:900])
    options = {"num_samples": 3, "seed": 1}
    expected = generate(model, PROMPT, 30, ngrams=count_ngrams(model, train), **options)
    pieces = count_ngrams(model, [train[:400], train[400:]])
    assert generate(model, PROMPT, 30, ngrams=pieces, **options) == expected
    assert generate(model, PROMPT, 30, ngrams=count_ngrams(model, ""), **options) != expected


def test_what_cannot_follow_is_never_drawn():
    p = torch.zeros(1000, 9)
    p[:, 3], p[:, 7] = 1e-30, 2e-30  # alone possible, far from a sum of 1
    drawn = draw(p, torch.Generator().manual_seed(0))
    assert drawn.unique().tolist() == [3, 7]


def test_text_in_a_large_alphabet_is_generated(make_model):
    chars = [chr(0x4E00 + k) for k in range(300)]
    [text] = generate(make_model(chars), chars[299] + chars[256], 10, seed=0)
    assert len(text) == 12 and text.startswith(chars[299] + chars[256]) and set(text) <= set(chars)


@pytest.fixture
def logits():
    return torch.randn(6, 30, dtype=torch.double, generator=torch.Generator().manual_seed(0)) * 2


@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
def test_temperature_divides_the_logits(logits, temperature):
    weights = (logits / temperature).exp()
    expected = weights / weights.sum(-1, keepdim=True)
    torch.testing.assert_close(probabilities(logits, temperature), expected)


def test_temperature_zero_is_certain(logits):
    p = probabilities(logits, temperature=0)
    assert torch.equal(p.argmax(-1), logits.argmax(-1)) and torch.equal(p.sum(-1), p.max(-1).values)
    assert torch.equal(p.max(-1).values, torch.ones(6, dtype=torch.double))


@pytest.mark.parametrize("temperature", [0.5, 1.0])
@pytest.mark.parametrize(
    ("top_k", "top_p"),
    [(1, None), (5, None), (99, None), (None, 0.01), (None, 0.6), (None, 1.0), (8, 0.8)],
)
def test_top_k_then_top_p_keep_the_smallest_sets(logits, temperature, top_k, top_p):
    for row in logits:
        ranked = [(math.exp(value / temperature), k) for k, value in enumerate(row.tolist())]
        kept = sorted(ranked, reverse=True)[:top_k]
        total, nucleus = sum(weight for weight, _ in kept), []
        while kept and (sum(weight for weight, _ in nucleus) < (top_p or 1) * total or not nucleus):
            nucleus.append(kept.pop(0))
        expected = torch.zeros_like(row)
        for weight, k in nucleus:
            expected[k] = weight / sum(w for w, _ in nucleus)
        torch.testing.assert_close(probabilities(row, temperature, top_k, top_p), expected)


@pytest.mark.parametrize("min_p", [0, 0.1, 0.9, 1])
def test_min_p_keeps_what_has_that_share_of_the_likeliest(logits, min_p):
    p = probabilities(logits)
    kept = p * (p >= min_p * p.amax(-1, keepdim=True))
    torch.testing.assert_close(probabilities(logits, min_p=min_p), kept / kept.sum(-1)[:, None])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("temperature", value) for value in (-0.5, math.nan)],
        *[("top_k", value) for value in (0, -1)],
        *[("top_p", value) for value in (0, 1.5, math.nan)],
        *[("min_p", value) for value in (-0.1, 1.5, math.nan)],
    ],
)
def test_an_option_out_of_range_is_refused(make_model, refuses, name, value):
    with refuses(name):
        generate(make_model(), PROMPT, 5, **{name: value})


def test_a_prompt_that_cannot_be_read_is_refused(make_model, refuses):
    with refuses("Give a prompt"):
        generate(make_model(), "", 5)
    with refuses("The character 'é'"):
        next(steps(make_model(), "Romé", 5))
