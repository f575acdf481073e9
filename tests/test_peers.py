"""The networks to compare with: causal, carried, trained by the same code."""

import pytest
import torch

from course import peers
from shakespeare.model import CharLSTM
from shakespeare.settings import load_settings

OPTIONS = {"dropout": 0.0, "carry_state": True, "layer_norm": True}
KINDS = {
    "residual": (peers.ResidualLSTM, {"hidden_size": 12, "num_layers": 3}),
    "attention": (peers.AttentionLSTM, {"hidden_size": 12, "heads": 2, "context": 64}),
    "transformer": (
        peers.Transformer,
        {"hidden_size": 12, "num_blocks": 2, "heads": 2, "context": 64},
    ),
}


@pytest.fixture(params=KINDS)
def peer(request, text) -> CharLSTM:
    torch.manual_seed(1)
    kind, sizes = KINDS[request.param]
    return kind(text.chars, **sizes, **OPTIONS).double().eval()


@torch.no_grad()
def test_a_peer_sees_no_later_character(peer: CharLSTM, text):
    ids = text.data[None, :30].long()
    changed = ids.clone()
    changed[0, 20] = (changed[0, 20] + 1) % text.vocab_size
    before, after = peer(ids)[0], peer(changed)[0]
    assert before.shape == (1, 30, text.vocab_size)
    torch.testing.assert_close(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:])


@torch.no_grad()
def test_a_peer_that_carries_its_state_reads_on(peer: CharLSTM, text):
    ids = text.data[None, :30].long()
    whole, _ = peer(ids)
    first, state = peer(ids[:, :17])
    second, _ = peer(ids[:, 17:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)


@torch.no_grad()
def test_attention_reaches_no_further_back_than_its_context():
    torch.manual_seed(1)
    block = peers.Block(12, heads=2, context=8, dropout=0.0).double()
    x = torch.randn(1, 20, 12, dtype=torch.double)
    changed = x.clone()
    changed[0, 5, 0] += 1
    moved = (block(x, 20) - block(changed, 20)).abs().sum(2)[0] > 1e-12  # (time,)
    assert moved.nonzero().flatten().tolist() == list(range(5, 13))
    torch.testing.assert_close(block(x, 6), block(x, 20)[:, -6:])


@pytest.mark.parametrize("name", KINDS)
def test_a_peer_is_trained_once_and_reused(name: str, text, tmp_path, capsys):
    kind, sizes = KINDS[name]
    changes = {"epochs": 2, "batch_size": 4, "seq_len": 16, "copy_size": 0, "rename_share": 0.0}
    p = load_settings("smoke", changes)
    network, run = peers.train_peer(kind, text, p, tmp_path, **sizes)
    losses = [line for line in capsys.readouterr().out.splitlines() if "val_loss" in line]
    again, same = peers.train_peer(kind, text, p, tmp_path, **sizes)
    assert len(losses) == 2 and run == same and "val_loss" not in capsys.readouterr().out
    for one, other in zip(network.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_gradients_of_the_layers_are_those_of_the_loss(text):
    network = CharLSTM(text.chars, 8, 12, num_layers=2)
    norms = peers.gradient_norms(network, text)
    assert len(norms) == 2 and all(norm > 0 for norm in norms)
    network.linear.weight.data.zero_()  # nothing reaches the layers
    assert peers.gradient_norms(network, text) == [0, 0]
