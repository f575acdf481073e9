"""Transformer and minGRU, with and without a copy head: causal, carried, written with, and fast."""

import math

import pytest
import torch
from torch.nn import functional as F

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.files import InputError
from shakespeare.model import CharLSTM
from shakespeare.sampling import generate
from study.mingru import Block as MinGRUBlock
from study.mingru import CopyMinGRU, MinGRU
from study.transformer import Block, CopyTransformer, Transformer, rotate

TRANSFORMER = {"hidden_size": 16, "num_layers": 2, "heads": 2, "context": 12}
MIN_GRU = {"hidden_size": 12, "num_layers": 2, "inner_size": 10}
HEAD = {"copy_size": 6, "memory": 9}
SIZES = {
    Transformer: TRANSFORMER,
    MinGRU: MIN_GRU,
    CopyTransformer: TRANSFORMER | HEAD,
    CopyMinGRU: MIN_GRU | HEAD,
}


@pytest.fixture(params=SIZES, ids=lambda kind: kind.__name__)
def network(request, excerpt) -> CharLSTM:
    torch.manual_seed(1)
    kind = request.param
    return kind(excerpt.chars, **SIZES[kind]).double().eval()


@torch.no_grad()
def test_a_network_sees_no_later_character(network, excerpt):
    ids = excerpt.ids[None, :30].long()
    changed = ids.clone()
    changed[0, 20] = (changed[0, 20] + 1) % excerpt.vocab_size
    before, _ = network(ids)
    after, _ = network(changed)
    assert before.shape == (1, 30, excerpt.vocab_size)
    torch.testing.assert_close(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:])


@torch.no_grad()
def test_a_network_that_carries_its_state_reads_on(network, excerpt):
    ids = excerpt.ids[None, :40].long()
    whole, _ = network(ids)
    parts = []
    state = None
    for some in ids.split([1, 3, 19, 17], dim=1):
        part, state = network(some, state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


@torch.no_grad()
def test_a_text_is_written_character_by_character_as_it_would_be_read(network, excerpt):
    ids = excerpt.ids[None, :30].long()
    whole, _ = network(ids)
    _, state = network(ids[:, :20])
    step = network.stepper(state)
    for t in range(20, 30):
        torch.testing.assert_close(step(ids[:, t]), whole[:, t])
    [text] = generate(network.float(), "First", 10, seed=1)
    assert len(text) == len("First") + 10


@torch.no_grad()
def test_a_network_is_built_again_from_its_config_and_weights(network, excerpt):
    ids = excerpt.ids[None, :30].long()
    again = type(network)(**network.config()).double().eval()
    again.load_state_dict(network.state_dict())
    expected, _ = network(ids)
    found, _ = again(ids)
    assert torch.equal(found, expected)


@torch.no_grad()
def test_attention_reaches_no_further_back_than_its_context():
    torch.manual_seed(1)
    block = Block(12, heads=2, context=8).double()
    x = torch.randn(1, 20, 12, dtype=torch.double)
    changed = x.clone()
    changed[0, 5, 0] += 1
    moved = (block(x)[0] - block(changed)[0]).abs().sum(2)[0] > 1e-12  # (time,)
    assert moved.nonzero().flatten().tolist() == list(range(5, 13))


def test_attention_is_that_of_pytorch():
    torch.manual_seed(1)
    block = Block(16, heads=2, context=20).double()
    query, key, value = torch.randn(3, 4, 2, 10, 8, dtype=torch.double).unbind()
    position = torch.arange(10)
    expected = F.scaled_dot_product_attention(
        rotate(query, position), rotate(key, position), value, is_causal=True
    )
    torch.testing.assert_close(block.attention(query, key) @ value, expected)


def test_a_product_of_rotated_vectors_depends_on_their_distance_alone():
    torch.manual_seed(1)
    query, key = torch.randn(2, 1, 8, dtype=torch.double)
    products = []
    for start in (0, 7, 100):
        of_query = rotate(query, torch.tensor([start + 5]))
        of_key = rotate(key, torch.tensor([start]))
        products.append((of_query * of_key).sum().item())
    assert products == pytest.approx([products[0]] * 3)
    assert products[0] != pytest.approx((query * key).sum().item())


@torch.no_grad()
def test_the_steps_of_a_min_gru_can_be_computed_at_the_same_time():
    """A scan: h_t = A_t (h_0 + sum_k b_k / A_k), where A_t is the product of all 1 - z so far."""
    torch.manual_seed(1)
    block = MinGRUBlock(size=6, inner_size=5).double()
    x = torch.randn(3, 15, 6, dtype=torch.double)
    expected, (_, last) = block(x)

    read = torch.cat([torch.zeros(3, 3, 6), block.norms[0](x)], dim=1)
    convolved = x + block.conv(read.mT).mT
    normed = block.norms[1](convolved)
    z = block.gate(normed).sigmoid()
    kept = (1 - z).cumprod(1)
    h = kept * (z * block.candidate(normed) / kept).cumsum(1)  # h_0 is 0
    out = convolved + block.out(h)
    torch.testing.assert_close(out + block.network(block.norms[2](out)), expected)
    torch.testing.assert_close(h[:, -1], last)


@torch.no_grad()
def test_the_copy_head_is_the_same_on_every_network(excerpt):
    """What is below it only has to give its hidden states."""
    torch.manual_seed(1)
    network = CopyTransformer(excerpt.chars, **TRANSFORMER, **HEAD).eval()
    ids = excerpt.ids[None, :30].long()
    h, _ = Transformer.hidden(network, ids)
    lstm = CopyLSTM(excerpt.chars, embedding_size=4, hidden_size=16, num_layers=1, **HEAD).eval()
    lstm.copy_head = network.copy_head
    lstm.linear = network.linear
    lstm.hidden = lambda ids, state: (h, None)  # type: ignore[method-assign]
    expected, _ = network(ids)
    found, _ = lstm(ids)
    assert torch.equal(found, expected)


def test_a_transformer_refuses_heads_that_do_not_fit(excerpt):
    for wrong in ({"heads": 3}, {"heads": 0}, {"context": 0}, {"hidden_size": 10}):
        with pytest.raises(InputError, match="Self-attention needs"):
            Transformer(excerpt.chars, **TRANSFORMER | wrong)


def test_networks_begin_by_guessing(network, excerpt):
    ids = excerpt.ids[None, :200].long()
    loss, _ = network.loss((ids[:, :-1], ids[:, 1:]))
    assert loss.item() == pytest.approx(math.log(excerpt.vocab_size), abs=0.5)
