"""Dynamic losses, against a slow loop; a network is left as it was."""

import copy
import math

import pytest
import torch
from conftest import same
from torch.nn import functional as F

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.model import CharLSTM
from shakespeare.training import detach
from study import learning
from study.learning import learning_predictions

KINDS = pytest.mark.parametrize("kind", [CharLSTM, CopyLSTM])


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    monkeypatch.setattr(learning, "CHUNK", 32)


def slow_learning(network, ids, learning_rate):
    """Adam with beta1 = 0 by its equations, the gradient clipped to length 1."""
    network = copy.deepcopy(network)
    weights = list(network.parameters())
    squares = [torch.zeros_like(weight) for weight in weights]
    state = None
    losses = []
    for step, start in enumerate(range(0, len(ids) - 1, 32), start=1):
        part = ids[start : start + 33].long()
        logits, state = network(part[None, :-1], state)
        each = F.cross_entropy(logits[0].float(), part[1:], reduction="none")
        losses.append(each.detach())
        gradients = torch.autograd.grad(each.mean(), weights)
        length = math.sqrt(sum(float(gradient.square().sum()) for gradient in gradients))
        state = detach(state)
        for weight, gradient, square in zip(weights, gradients, squares, strict=True):
            clipped = gradient * min(1.0, 1 / (length + 1e-6))
            square.mul_(0.999).add_(0.001 * clipped**2)
            corrected = square / (1 - 0.999**step)
            weight.data -= learning_rate * clipped / (corrected.sqrt() + 1e-8)
    return torch.cat(losses)


@KINDS
def test_learning_losses_equal_a_slow_loop_and_the_network_stays(make_network, excerpt, kind):
    network = make_network(kind)
    before = copy.deepcopy(network)
    part = excerpt.split().validation
    predictions = learning_predictions(network, part, learning_rate=0.01)
    assert predictions.shape == (299, excerpt.vocab_size)
    found = losses_of(predictions, part)
    assert same(network, before)
    expected = slow_learning(network, part.ids, 0.01)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
    carried = losses_of(carried_predictions(network, part), part)
    torch.testing.assert_close(found[:32], carried[:32])  # nothing learned yet
    assert (found[32:] - carried[32:]).abs().max() > 0.1


def test_it_learns_without_cudnn_which_refuses_gradients_outside_training(make_network, excerpt):
    network = make_network()
    enabled = []
    network.register_forward_hook(lambda *_: enabled.append(torch.backends.cudnn.enabled))
    learning_predictions(network, excerpt.slice(0, 50, "first"))
    assert set(enabled) == {False}
    assert torch.backends.cudnn.enabled
