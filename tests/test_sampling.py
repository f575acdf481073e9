"""Text continues a prompt as the network and the options say."""

import math

import numpy as np
import pytest
import torch

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.model import CharLSTM
from shakespeare.sampling import draw, generate, generate_steps, probabilities

PROMPT = "First Citizen:\n"
PLAIN = {"temperature": 1.0, "min_p": None}


# Probabilities


@pytest.fixture
def logits():
    generator = torch.Generator().manual_seed(0)
    return 2 * torch.randn(6, 30, dtype=torch.double, generator=generator)


@pytest.mark.parametrize(("top_k", "top_p"), [(99, None), (None, 0.6), (8, 0.8)])
def test_top_k_then_top_p_keep_the_smallest_sets(logits, top_k, top_p):
    for row in logits:
        ranked = [(math.exp(value / 0.5), k) for k, value in enumerate(row.tolist())]
        kept = sorted(ranked, reverse=True)[:top_k]
        enough = (top_p or 1) * sum(weight for weight, _ in kept)
        nucleus = []
        for weight, k in kept:
            if not nucleus or sum(w for w, _ in nucleus) < enough:
                nucleus.append((weight, k))
        expected = torch.zeros_like(row)
        for weight, k in nucleus:
            expected[k] = weight / sum(w for w, _ in nucleus)
        torch.testing.assert_close(probabilities(row, 0.5, top_k, top_p), expected)


def test_min_p_keeps_what_has_that_share_of_the_likeliest(logits):
    p = probabilities(logits)
    kept = p * (p >= 0.1 * p.amax(-1, keepdim=True))
    torch.testing.assert_close(probabilities(logits, min_p=0.1), kept / kept.sum(-1)[:, None])


# Text


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (CharLSTM, {}),
        (NormDropoutLSTM, {"layer_norm": True}),
        (CopyLSTM, {"memory": 5}),
    ],
    ids=str,
)
def test_greedy_text_equals_reading_everything_again_for_each_character(
    make_network, kind, options
):
    network = make_network(kind, **options)
    expected = PROMPT
    for _ in range(40):
        ids = torch.tensor([[network.chars.index(c) for c in expected]])  # (1, characters so far)
        logits, _ = network(ids)
        expected += network.chars[int(logits[0, -1].argmax())]
    assert len(set(expected[len(PROMPT) :])) > 3  # the network is no constant
    assert generate(network, PROMPT, 40, temperature=0, num_samples=2) == [expected, expected]
    for greedy in ({"top_k": np.int64(1)}, {"top_p": 1e-50}, {"temperature": 1e-40}):
        assert generate(network, PROMPT, 40, **greedy) == [expected]


@torch.inference_mode()
def test_a_long_prompt_is_read_in_chunks(make_network, excerpt):
    network = make_network(CopyLSTM)
    logits, _ = network(excerpt.ids[None, :1000].long())
    lengths = []
    network.register_forward_pre_hook(lambda _, given: lengths.append(given[0].shape[1]))
    p, _ = next(generate_steps(network, excerpt.text()[:1000], 1, **PLAIN))
    torch.testing.assert_close(p, logits[:, -1].softmax(-1).float())
    assert sum(lengths) == 1000
    assert max(lengths) <= 256  # the copy head's memory grows with the square


def test_a_seed_repeats_the_text_and_samples_differ(make_network):
    network = make_network()
    texts = generate(network, PROMPT, 30, num_samples=5, seed=0)
    torch.manual_seed(1)  # must not matter
    assert generate(network, PROMPT, 30, num_samples=5, seed=0) == texts
    assert generate(network, PROMPT, 30, num_samples=5, seed=8) != texts
    assert generate(network, PROMPT, 30) != generate(network, PROMPT, 30)
    assert len(set(texts)) == 5
    for text in texts:
        assert text.startswith(PROMPT)
        assert len(text) == len(PROMPT) + 30


def test_characters_are_drawn_as_often_as_their_probability_says(make_network, monkeypatch):
    network = make_network()
    ids = torch.tensor([[network.chars.index(c) for c in PROMPT]])
    options = {"temperature": 1.3, "top_k": 12, "top_p": 0.95, "min_p": 0.02}
    logits, _ = network(ids)
    expected = probabilities(logits[0, -1].float(), **options)
    drawn = generate(network, PROMPT, 1, num_samples=20_000, seed=0, **options)
    last = "".join(text[-1] for text in drawn)
    shares = torch.tensor([last.count(c) / 20_000 for c in network.chars])
    torch.testing.assert_close(shares, expected, atol=0.02, rtol=0)
    assert not shares[expected == 0].any()

    # Not even where the random number is the border before a probability of 0.
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.tensor([[0.0], [0.5]]).double())
    p = torch.tensor([0.0, 0.5, 0.0, 0.5]).expand(2, -1)
    assert draw(p).tolist() == [1, 3]


def test_what_was_chosen_for_the_network_holds_where_nothing_is_said(make_network):
    network = make_network()
    many = {"num_samples": 3, "seed": 1}
    plain = generate(network, PROMPT, 30, **many, **PLAIN)
    assert generate(network, PROMPT, 30, **many) == plain  # nothing was chosen
    network.facts = {"sampling": {"temperature": 0.5, "min_p": 0.1}}
    chosen = generate(network, PROMPT, 30, **many)
    assert chosen == generate(network, PROMPT, 30, **many, temperature=0.5, min_p=0.1)
    assert chosen != plain
    assert generate(network, PROMPT, 30, **many, **PLAIN) == plain


def test_a_prompt_may_have_the_line_ends_of_windows(make_network):
    network = make_network()
    [expected] = generate(network, "ay\nno", 9, temperature=0)
    [text] = generate(network, "ay\r\nno", 9, temperature=0)
    assert text.removeprefix("ay\r\nno") == expected.removeprefix("ay\nno")


# What cannot be used


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", math.nan),
        ("top_k", 2.5),
        ("top_p", 0),
        ("min_p", 1.5),
        ("length", 0),
    ],
)
def test_an_option_out_of_range_is_refused_at_once(make_network, refuses, name, value):
    options = {"length": 5} | {name: value}
    with refuses(f"{name} = {value}"):
        generate(make_network(), PROMPT, **options)


def test_an_unknown_option_and_an_unreadable_prompt_are_refused(make_network, refuses):
    with pytest.raises(TypeError, match="temprature"):
        generate(make_network(), PROMPT, 5, temprature=0.5)
    with refuses("prompt is empty"):
        generate(make_network(), "", 5)
    with refuses("The character 'é'"):
        generate(make_network(), "Romé", 5)
