"""Contexts and weights that learn: what they mean, and that nothing looks ahead."""

import pytest
import torch
from torch.nn import functional as F

from report.evidence.contexts import CONTEXTS, NAMES, ContextCounts, Situation
from report.evidence.online import (
    RATE,
    SQUARES,
    START,
    OnlineMixture,
    features_of,
    kinds_of_characters,
)
from shakespeare.beyond.ngrams import MAX_ORDER, WittenBell
from shakespeare.data import Corpus

SCENE = "\n\nROMEO:\nO, speak again, bright angel!\n\nJULIET:\nO Romeo"


@pytest.fixture(scope="module")
def counts(excerpt):
    train = excerpt.split().train
    return ContextCounts(train, WittenBell(train.ids, train.vocab_size))


def situation_after(text: str) -> dict:
    situation = Situation()
    for character in text:
        situation.read(character)
    return situation.parts()


def test_a_situation_knows_the_word_the_line_and_who_speaks():
    before_angel = situation_after(SCENE[: SCENE.index("gel!")])
    assert before_angel["word"] == "an"
    assert (before_angel["before"], before_angel["earlier"]) == ("bright", "again")
    assert before_angel["first"] == "o" and before_angel["speaker"] == "ROMEO"
    assert (
        before_angel["vowels"] == 6
        and before_angel["column"] == len("O, speak again, bright an") // 2
    )
    at_the_end = situation_after(SCENE)
    assert (at_the_end["speaker"], at_the_end["answered"]) == ("JULIET", "ROMEO")
    assert at_the_end["above"] == len("O, speak again, bright angel!") // 4
    assert situation_after("\n\nJUL")["heading"] == "JUL" and at_the_end["heading"] is None


def test_orders_add_up_to_the_ngrams_that_count_while_reading(counts, excerpt):
    part = excerpt.split().validation.slice(0, 300, "part")
    values, _ = counts.log_ratios(part)
    uniform = -torch.tensor(float(excerpt.vocab_size)).log()
    of_ngrams = WittenBell(excerpt.split().train.ids, excerpt.vocab_size).while_counting(part.ids)
    torch.testing.assert_close(uniform + values[:, : MAX_ORDER + 1].sum(1), of_ngrams)


def test_each_context_is_a_distribution_and_what_does_not_apply_adds_nothing(counts, excerpt):
    part = excerpt.split().validation.slice(0, 300, "part")
    values, several = counts.log_ratios(part)
    log_p = {}
    for k, name in enumerate(NAMES):
        coarser = CONTEXTS[name].refines if name in CONTEXTS else str(k - 1)
        below = log_p.get(coarser, torch.zeros(1) - torch.tensor(float(excerpt.vocab_size)).log())
        log_p[name] = below + values[:, k]
        torch.testing.assert_close(log_p[name].exp().sum(1), torch.ones(300))
    k = NAMES.index("the heading, after the last two")
    in_heading = []
    for t in range(300):
        in_heading.append(situation_after(part.text()[:t])["heading"] is not None)
    outside = ~torch.tensor(in_heading)
    assert outside.any() and not values[outside, k].any() and not several[outside, k].any()
    assert values[~outside, k].any()


def test_different_situations_have_different_numbers(counts, excerpt):
    text = excerpt.text()
    numbers = counts.numbers(excerpt)
    parts = {name: [] for name in CONTEXTS}
    situation = Situation()
    for t, character in enumerate(text):
        known = situation.parts() | {str(k): text[max(0, t - k) : t] for k in (1, 2, 3)}
        for name, context in CONTEXTS.items():
            parts[name].append(tuple(known[part] for part in context.parts))
        situation.read(character)
    for name, of_context in parts.items():
        applies = [each for each in of_context if each[0] is not None]
        expected = len(set(applies)) + (len(applies) < len(of_context))  # and NOWHERE
        assert len(numbers[name].unique()) == expected, name


def test_nothing_looks_ahead(counts, excerpt):
    part = excerpt.split().validation.slice(0, 300, "part")
    garbled = part.ids.clone()
    garbled[150:] = (garbled[150:] + 7) % excerpt.vocab_size
    log_p = []
    for ids in (part.ids, garbled):
        text = Corpus(ids, excerpt.chars, "a text")
        of_network = F.one_hot(ids[:-1].long(), excerpt.vocab_size).float().log_softmax(1)
        features, kinds = features_of([of_network], counts.log_ratios(text), text)
        log_p.append(OnlineMixture(1).read(features, kinds, ids[1:].long()))
    # Row t predicts character t + 1, from characters 0 to t.
    assert torch.equal(log_p[0][:150], log_p[1][:150])
    assert not torch.equal(log_p[0][150:], log_p[1][150:])


def test_weights_take_adagrads_step_after_each_prediction(excerpt):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(5, len(NAMES) + 1, 7, generator=generator)
    kinds = torch.randint(6, (5, len(NAMES) + 1), generator=generator)
    true = torch.tensor([3, 1, 4, 1, 5])
    mixture = OnlineMixture(1)
    log_p = mixture.read(features, kinds, true)

    weights = torch.full((len(NAMES) + 1, 6), START)
    weights[0] = 1.0
    weights.requires_grad_()
    optimizer = torch.optim.Adagrad([weights], lr=RATE, initial_accumulator_value=SQUARES, eps=0)
    expected = []
    for f, kind, x in zip(features, kinds, true, strict=True):
        z = weights.gather(1, kind[:, None]).squeeze(1) @ f
        expected.append(z.log_softmax(0).detach())
        optimizer.zero_grad()
        F.nll_loss(z.log_softmax(0)[None], x[None]).backward()
        optimizer.step()
    torch.testing.assert_close(log_p, torch.stack(expected))
    torch.testing.assert_close(torch.from_numpy(mixture.weights), weights.detach())


def test_kinds_are_of_the_last_character():
    assert kinds_of_characters(["a", "'", "\n", " ", "?"]).tolist() == [0, 0, 1, 2, 2]
