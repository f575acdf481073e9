"""Data, measures and heads of notebook 07."""

import pytest
import torch

from shakespeare.data import Corpus
from shakespeare.settings import Settings
from shakespeare.training import train
from study.heads import attention_of, in_order, prefix_matching, to_previous, without_heads
from study.repetition import RandomCharacters, RepeatedCharacters, bits_twice, letters_twice
from study.transformer import Transformer
from study.who_copies import NETWORKS, load
from study.windows import RenamedWindows

SETTINGS = Settings(
    batch_size=4,
    seq_len=64,
    epochs=3,
    limit_batches=5,
    learning_rate=3e-3,
    weight_decay=0.0,
    seed=1,
    precision="32-true",
)


@pytest.fixture
def small(excerpt) -> Transformer:
    torch.manual_seed(1)
    return Transformer(excerpt.chars, hidden_size=16, num_layers=2, heads=2, context=64).eval()


# --- data ---


def test_windows_hold_each_character_of_an_epoch_at_most_once(excerpt):
    data = RenamedWindows(excerpt.split(), SETTINGS)
    text = data.text_of_epoch(1)
    batches = data.batches(1)
    windows = torch.cat([torch.cat([x, y[:, -1:]], dim=1) for x, y in batches])
    all_windows = text.long().unfold(0, 65, 64)
    assert len(windows) == len(all_windows) // 4 * 4
    in_order = [tuple(each) for each in all_windows.tolist()]
    found = [tuple(each) for each in windows.tolist()]
    assert set(found) <= set(in_order) and len(set(found)) == len(found)
    assert found != in_order[: len(found)]


def test_several_processes_share_an_epochs_windows(excerpt):
    data = RenamedWindows(excerpt.split(), SETTINGS)
    [whole, first, second] = [data.batches(0), data.batches(0, 0, 2), data.batches(0, 1, 2)]
    x, _ = whole[0]
    torch.testing.assert_close(torch.cat([first[0][0], second[0][0]]), x[[0, 2, 1, 3]])


def test_repeated_characters_repeat_after_at_most_a_quarter(excerpt):
    data = RepeatedCharacters(excerpt.split(), SETTINGS)
    for epoch, rows, length in ((0, 32, 8), (1, 32, 8), (2, 4, 64)):
        batches = list(data.batches(epoch))
        assert len(batches) == 5
        for x, y in batches:
            assert x.shape == y.shape == (rows, length)
            torch.testing.assert_close(x[:, 1:], y[:, :-1])
            for row in torch.cat([x, y[:, -1:]], dim=1):
                possible = range(4, max(4, length // 4) + 1)
                assert any(torch.equal(row[n:], row[:-n]) for n in possible)


def test_random_characters_do_not_repeat(excerpt):
    [(x, _), *_] = RandomCharacters(excerpt.split(), SETTINGS).batches(2)
    for row in x:
        assert not any(torch.equal(row[n:], row[:-n]) for n in range(1, 32))


def test_a_transformer_learns_to_copy_and_a_stopped_training_is_loaded(excerpt, small, tmp_path):
    settings = SETTINGS.changed(epochs=1, limit_batches=60, seq_len=32, batch_size=16)
    data = RepeatedCharacters(excerpt.split(), settings)
    letters = letters_twice(excerpt, length=8)
    first_before, second_before = bits_twice(small, letters)
    initial = {name: weight.clone() for name, weight in small.state_dict().items()}
    trained = train(small, data, tmp_path / "run")
    _, second = bits_twice(trained, letters)
    assert second < second_before and first_before == pytest.approx(second_before, abs=0.3)
    again = Transformer(**small.config())
    again.load_state_dict(initial)
    assert bits_twice(train(again, data, tmp_path / "run"), letters)[1] == second


# --- letters that come twice ---


def test_small_letters_come_twice(excerpt):
    ids = letters_twice(excerpt, length=7, rows=3)
    assert ids.shape == (3, 14) and torch.equal(ids[:, :7], ids[:, 7:])
    assert all(excerpt.chars[k].islower() for k in ids.flatten())


def test_the_loss_of_the_second_time_is_that_of_its_letters():
    class Copier(torch.nn.Module):
        """Sure that the character seven before comes again."""

        def forward(self, ids):
            following = torch.nn.functional.pad(ids, (6, 0))[:, : ids.shape[1]]
            return 100.0 * torch.nn.functional.one_hot(following, 30), None

    ids = letters_twice(Corpus(torch.arange(26), list("abcdefghijklmnopqrstuvwxyz"), ""), length=7)
    first, second = bits_twice(Copier(), ids)
    assert second == pytest.approx(0, abs=1e-6) and first > 10


# --- heads ---


@torch.no_grad()
def test_attention_is_what_the_network_computes(small, excerpt):
    ids = excerpt.ids[None, :20].long()
    weights = attention_of(small, ids)
    assert weights.shape == (1, 2, 2, 20, 20)
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2, 2, 20))
    assert weights.triu(1).abs().max() == 0
    block = small.blocks[0]
    x = small.embedding(ids)
    value = block.by_head(block.value(block.norms[0](x)))
    attended = (weights[:, 0] @ value).transpose(1, 2).flatten(2)
    y = x + block.out(attended)
    expected, _ = block(x)
    torch.testing.assert_close(y + block.network(block.norms[1](y)), expected)


def test_scores_tell_which_head_looks_where():
    length = 5
    weights = torch.zeros(1, 1, 2, 2 * length, 2 * length)
    for t in range(2 * length):
        weights[0, 0, 0, t, max(0, t - 1)] = 1.0  # head 0: the character before
        weights[0, 0, 1, t, t - length + 1 if t >= length else 0] = 1.0  # head 1: what followed
    assert to_previous(weights)[0].tolist() == pytest.approx([1, 0], abs=0.2)
    assert prefix_matching(weights)[0].tolist() == [0, 1]


def test_heads_come_in_the_order_of_their_scores():
    scores = torch.tensor([[0.1, 0.7], [0.9, 0.0]])
    assert in_order(scores) == [(1, 0), (0, 1), (0, 0), (1, 1)]


@torch.no_grad()
def test_switched_off_heads_pass_nothing_on(small, excerpt):
    ids = excerpt.ids[None, :20].long()
    before, _ = small(ids)
    everything = [(layer, head) for layer in range(2) for head in range(2)]
    silent = without_heads(small, everything)
    changed = ids.clone()
    changed[0, 3] = (changed[0, 3] + 1) % excerpt.vocab_size
    of_silent, _ = silent(ids)
    of_changed, _ = silent(changed)
    torch.testing.assert_close(of_silent[:, 4:], of_changed[:, 4:])  # no position reads another
    partly, _ = without_heads(small, [(1, 0)])(ids)
    assert not torch.allclose(partly, before) and not torch.allclose(partly, of_silent)
    torch.testing.assert_close(small(ids)[0], before)


# --- the networks that come with the course ---


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_comes_with_the_course_predicts(name, corpus):
    network = load(name, corpus.chars)
    ids = corpus.split().test.ids[None, :1_000].long()
    with torch.no_grad():
        loss, _ = network.loss((ids[:, :-1], ids[:, 1:]))
    assert loss.item() < 1.8
