"""The networks to compare with: causal, carried, written with as the others are."""

import pytest
import torch

from course.peers import AttentionLSTM, Block, ResidualLSTM, Transformer
from shakespeare.model import CharLSTM

LSTM = {"embedding_size": 8, "hidden_size": 12, "num_layers": 3, "layer_norm": True}
SIZES = {
    ResidualLSTM: LSTM,
    AttentionLSTM: LSTM | {"heads": 2, "context": 5},
    Transformer: {"hidden_size": 12, "num_layers": 2, "heads": 2, "context": 5},
}


@pytest.fixture(params=SIZES)
def peer(request, excerpt) -> CharLSTM:
    torch.manual_seed(1)
    kind = request.param
    return kind(excerpt.chars, **SIZES[kind]).double().eval()


@torch.no_grad()
def test_a_peer_sees_no_later_character(peer, excerpt):
    ids = excerpt.ids[None, :30].long()
    changed = ids.clone()
    changed[0, 20] = (changed[0, 20] + 1) % excerpt.vocab_size
    before, _ = peer(ids)
    after, _ = peer(changed)
    assert before.shape == (1, 30, excerpt.vocab_size)
    torch.testing.assert_close(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:])


@torch.no_grad()
def test_a_peer_that_carries_its_state_reads_on(peer, excerpt):
    ids = excerpt.ids[None, :30].long()
    whole, _ = peer(ids)
    first, state = peer(ids[:, :17])
    second, _ = peer(ids[:, 17:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)


@torch.no_grad()
def test_a_peer_is_built_again_from_its_config_and_weights(peer, excerpt):
    ids = excerpt.ids[None, :30].long()
    again = type(peer)(**peer.config()).double().eval()
    again.load_state_dict(peer.state_dict())
    expected, _ = peer(ids)
    found, _ = again(ids)
    assert torch.equal(found, expected)


@torch.no_grad()
def test_a_residual_layer_adds_to_its_input(excerpt):
    torch.manual_seed(1)
    network = ResidualLSTM(excerpt.chars, **LSTM).eval()
    ids = excerpt.ids[None, :30].long()
    h, _ = network.layers[0](network.embedding(ids))
    for k in (1, 2):
        added, _ = network.layers[k](network.norms[k - 1](h))
        h = h + added
    logits, _ = network(ids)
    torch.testing.assert_close(logits, network.linear(network.norms[2](h)))


@torch.no_grad()
def test_attention_reaches_no_further_back_than_its_context():
    torch.manual_seed(1)
    block = Block(12, heads=2, context=8, dropout=0.0).double()
    x = torch.randn(1, 20, 12, dtype=torch.double)
    changed = x.clone()
    changed[0, 5, 0] += 1
    moved = (block(x, 20) - block(changed, 20)).abs().sum(2)[0] > 1e-12  # (time,)
    assert moved.nonzero().flatten().tolist() == list(range(5, 13))
    torch.testing.assert_close(block(x, 6), block(x, 20)[:, -6:])
