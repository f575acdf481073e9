"""Room 5: text goes on from a prompt as the model and the settings say."""

import math

import pytest
import torch

from shakespeare.sampling import Stepper, generate, probabilities, steps, stream

PROMPT = "First Citizen:\n"


MODELS = [{"num_layers": 1}, {}, {"num_layers": 3}, {"copy_size": 4}, {"copy_size": 4, "memory": 5}]


@pytest.mark.parametrize("options", MODELS)
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


@pytest.mark.parametrize("options", MODELS)
def test_greedy_text_equals_reading_everything_again_for_each_character(make_model, options):
    model = make_model(**options)
    expected = PROMPT
    for _ in range(40):
        ids = torch.tensor([[model.chars.index(c) for c in expected]])  # (1, characters so far)
        expected += model.chars[int(model(ids)[0][0, -1].argmax())]
    assert len(set(expected[len(PROMPT) :])) > 3  # the model is no constant
    assert generate(model, PROMPT, 40, temperature=0, num_samples=2) == [expected, expected]
    assert generate(model, PROMPT, 40, top_k=1) == [expected]


@pytest.mark.parametrize("options", [{}, {"copy_size": 4}])
@torch.inference_mode()
def test_a_long_prompt_is_read_in_pieces(make_model, text, options):
    model = make_model(**options)
    prompt, lengths = "".join(text.chars[k] for k in text.data[:3000].tolist()), []
    expected = model(text.data[None, :3000].long())[0][:, -1].softmax(-1)
    model.register_forward_pre_hook(lambda _, given: lengths.append(given[0].shape[1]))
    p, _ = next(steps(model, prompt, 1))
    torch.testing.assert_close(p, expected.float())
    assert sum(lengths) == 3000 and max(lengths) <= 1024


def test_a_seed_repeats_the_text_and_samples_differ(make_model):
    model = make_model()
    texts = generate(model, PROMPT, 30, num_samples=5, seed=7)
    assert generate(model, PROMPT, 30, num_samples=5, seed=7) == texts
    assert generate(model, PROMPT, 30, num_samples=5, seed=8) != texts
    assert generate(model, PROMPT, 30) != generate(model, PROMPT, 30)
    assert len(set(texts)) == 5
    assert all(text.startswith(PROMPT) and len(text) == len(PROMPT) + 30 for text in texts)


def test_stream_joined_is_generate(make_model):
    model, settings = make_model(), {"temperature": 0.8, "top_k": 9, "top_p": 0.9, "num_samples": 3, "seed": 1}
    drawn = list(stream(model, PROMPT, 25, **settings))
    assert len(drawn) == 25
    texts = [PROMPT + "".join(step[k] for step in drawn) for k in range(3)]
    assert texts == generate(model, PROMPT, 25, **settings)


def test_characters_are_drawn_as_often_as_their_probability_says(make_model):
    model = make_model()
    ids = torch.tensor([[model.chars.index(c) for c in PROMPT]])
    expected = probabilities(model(ids)[0][0, -1].float(), 1.3, top_k=12, top_p=0.95)
    drawn = generate(model, PROMPT, 1, temperature=1.3, top_k=12, top_p=0.95, num_samples=20_000, seed=0)
    counts = torch.tensor([sum(text[-1] == c for text in drawn) for c in model.chars])
    torch.testing.assert_close(counts / 20_000, expected, atol=0.02, rtol=0)
    assert not counts[expected == 0].any()


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
    torch.testing.assert_close(probabilities(logits, temperature), weights / weights.sum(-1, keepdim=True))
    sharper, flatter = probabilities(logits, temperature), probabilities(logits, temperature * 1.5)
    assert (sharper.max(-1).values > flatter.max(-1).values).all()


def test_temperature_zero_is_certain(logits):
    p = probabilities(logits, temperature=0)
    assert torch.equal(p.argmax(-1), logits.argmax(-1)) and torch.equal(p.sum(-1), p.max(-1).values)
    assert torch.equal(p.max(-1).values, torch.ones(6, dtype=torch.double))


@pytest.mark.parametrize("temperature", [0.5, 1.0])
@pytest.mark.parametrize(
    ("top_k", "top_p"),
    [(1, None), (5, None), (30, None), (99, None), (None, 0.01), (None, 0.6), (None, 1.0), (8, 0.8)],
)
def test_top_k_then_top_p_keep_the_smallest_sets(logits, temperature, top_k, top_p):
    for row in logits:
        ranked = sorted(((math.exp(value / temperature), k) for k, value in enumerate(row.tolist())), reverse=True)
        kept = ranked[:top_k]
        total, nucleus = sum(weight for weight, _ in kept), []
        while kept and (top_p is None or sum(w for w, _ in nucleus) < top_p * total or not nucleus):
            nucleus.append(kept.pop(0))
        expected = torch.zeros_like(row)
        for weight, k in nucleus:
            expected[k] = weight / sum(w for w, _ in nucleus)
        torch.testing.assert_close(probabilities(row, temperature, top_k, top_p), expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("temperature", value) for value in (-1, -0.5, math.nan, math.inf)],
        *[("top_k", value) for value in (0, -1, 2.5)],
        *[("top_p", value) for value in (0, -0.1, 1.5, math.nan)],
        *[("length", value) for value in (0, -1, 2.5)],
        *[("num_samples", value) for value in (0, -1, 1.5)],
    ],
)
def test_setting_out_of_range_is_refused(make_model, refuses, name, value):
    settings = {"length": 5} | {name: value}
    with refuses(name, repr(value)):
        generate(make_model(), PROMPT, **settings)
    with refuses(name, repr(value)):
        next(stream(make_model(), PROMPT, **settings))


@pytest.mark.parametrize("settings", [{"temperature": 1e-40}, {"top_p": 1e-50}])
def test_smallest_settings_that_are_allowed_are_greedy(make_model, settings):
    model = make_model()
    assert generate(model, PROMPT, 10, **settings) == generate(model, PROMPT, 10, temperature=0)


def test_prompt_that_cannot_be_read_is_refused(make_model, refuses):
    with refuses("prompt is empty"):
        generate(make_model(), "", 5)
    with refuses("'é'", "position 3"):
        generate(make_model(), "Romé", 5)


def test_model_that_diverged_is_refused(make_model, refuses):
    model = make_model()
    model.linear.weight.data.fill_(math.nan)
    with refuses("diverged", "learning_rate"):
        generate(model, PROMPT, 5)
