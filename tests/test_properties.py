"""What holds for every text, every setting and every size: hypothesis looks for one for which it does not."""

import copy
import html
import itertools
import json
import math
import random
import re
import tempfile
from pathlib import Path
from unittest import mock

import hypothesis
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from shakespeare.analysis import areas
from shakespeare.course import QUICK, settings, show_table
from shakespeare.data import ShakespeareData, ShakespeareDataset, StreamDataset, decode, encode, find_names, rename
from shakespeare.evaluation import (
    CopyFinder,
    carried_predictions,
    cold_predictions,
    common_prefix,
    dynamic_predictions,
    mixture,
    mixture_weights,
    ngrams,
    repetition,
)
from shakespeare.files import InputError, read_pieces
from shakespeare.model import CharLSTM
from shakespeare.panel import likeliest, page
from shakespeare.sampling import draw, generate, probabilities

# The same examples every time, so that a test that passed passes again.
repeatable = hypothesis.settings(max_examples=40, derandomize=True, database=None, deadline=None)
few = hypothesis.settings(repeatable, max_examples=8)  # where a model computes

ANY = st.text(st.characters(), max_size=60)  # surrogates, too
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"), min_size=2, max_size=80)
LETTERS = st.text("ab\n ", max_size=40)
NUMBERS = st.floats(-30, 30, width=32)


def on_disk(content: bytes) -> Path:
    path = Path(tempfile.mkdtemp(dir=FOLDER)) / "any.txt"
    path.write_bytes(content)
    return path


FOLDER = tempfile.gettempdir()


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    global FOLDER
    FOLDER = str(tmp_path_factory.mktemp("texts"))


def dataset(content: str, seq_len: int, stride: int = 1) -> ShakespeareDataset:
    assume(len(set(content)) > 1 and content.strip())
    return ShakespeareDataset(on_disk(content.encode()), seq_len, stride)


def vocabulary(text: str) -> list[str]:
    return sorted(set(text))


# --- text in, batches out -----------------------------------------------------------------------------------------


@repeatable
@given(st.binary(max_size=60) | ANY.map(lambda t: t.encode("utf-8", "surrogatepass")), st.integers(1, 9))
def test_bytes_are_read_as_python_reads_them_or_refused(content, size):
    path = on_disk(content)
    try:
        expected = path.read_text(encoding="utf-8-sig")  # with line ends as "\n"
    except UnicodeDecodeError:
        expected = "\0"
    if expected.strip() and "\0" not in expected:
        assert "".join(read_pieces(path, size)) == expected
    else:
        with pytest.raises(InputError):
            list(read_pieces(path, size))


@repeatable
@given(ANY, ANY)
def test_decoding_undoes_encoding_and_the_first_stranger_is_named(text, other):
    chars = vocabulary(text + "a")
    ids = encode(text, chars)
    assert decode(ids, chars) == text and ids.tolist() == [chars.index(c) for c in text]
    strangers = [at for at, c in enumerate(other) if c not in chars]
    if strangers:
        with pytest.raises(InputError, match=f"position {strangers[0]} "):
            encode(other, chars)
    else:
        assert decode(encode(other, chars), chars) == other


@repeatable
@given(PLAIN, st.integers(1, 12), st.integers(1, 12))
def test_every_window_is_where_its_number_says(content, seq_len, stride):
    assume(len(content) > seq_len)
    text = dataset(content, seq_len, stride)
    assert text.decode(text.data) == content
    starts = range(0, len(content) - seq_len, stride)
    assert len(text) == len(starts)
    for k, start in enumerate(starts):
        x, y = text[k]
        assert text.decode(x) == content[start : start + seq_len]
        assert text.decode(y) == content[start + 1 : start + seq_len + 1]
    x, y = text.__getitems__(list(range(len(text))))
    assert torch.equal(x, torch.stack([text[k][0] for k in range(len(text))]))
    assert torch.equal(y, torch.stack([text[k][1] for k in range(len(text))]))


@repeatable
@given(st.integers(2, 300), st.integers(1, 12))
def test_a_split_loses_nothing_and_shares_nothing(length, seq_len):
    assume(length > seq_len)
    text = dataset("".join(chr(0x4E00 + k) for k in range(length)), seq_len)
    try:
        train, validation, test, held_out = text.split()
    except InputError as error:
        assert f"seq_len = {seq_len} needs" in str(error) and length < 20 * (seq_len + 1)
        return
    assert torch.cat([train.data, validation.data, test.data]).tolist() == list(range(length))
    assert torch.equal(held_out.data, torch.cat([validation.data, test.data]))
    read = [set(part.windows.flatten().tolist()) for part in (train, validation, test)]
    assert not (read[0] & read[1] or read[0] & read[2] or read[1] & read[2])


@repeatable
@given(st.integers(0, 300), st.integers(1, 40), st.integers(1, 40))
def test_streams_read_every_character_once_and_go_on(length, batch_size, seq_len):
    if length < batch_size * seq_len + 1:
        with pytest.raises(InputError):
            StreamDataset(torch.arange(length), batch_size, seq_len)
        return
    batches = list(StreamDataset(torch.arange(length), batch_size, seq_len))
    assert all(torch.equal(y, x + 1) and x.shape == (batch_size, seq_len) for x, y in batches)
    assert all(torch.equal(a[:, -1] + 1, b[:, 0]) for (a, _), (b, _) in itertools.pairwise(batches))
    read = torch.cat([x.flatten() for x, _ in batches]).tolist()
    assert len(set(read)) == len(read) and length - 1 - len(read) < batch_size * seq_len


NAMES = st.lists(st.text("abcdé", min_size=3, max_size=6), min_size=1, max_size=4, unique=True)
WORDS = st.sampled_from(["the_", "cab,", ":\n", "\n\n", "Ꭰꭰꭰ", "İıı", "ﬁx", "ßss"]) | st.text("abcABCé1", min_size=1)


@repeatable
@given(NAMES, st.lists(WORDS), st.integers(0, 99))
def test_renaming_changes_names_alone_and_each_always_alike(names, words, seed):
    text = " ".join(words)
    renamed = rename(text, names, random.Random(seed))
    assert rename(text, names, random.Random(seed)) == renamed
    before, after = text.split(" "), renamed.split(" ")
    assert len(before) == len(after)
    changed: dict[str, str] = {}
    for old, new in zip(before, after, strict=True):
        if old != new:
            assert old.lower() in names and old != old.lower()
            assert changed.setdefault(old.lower(), new.lower()) == new.lower()
            assert set(new.lower()) <= set("".join(names)) and old.isupper() == new.isupper()


@repeatable
@given(st.lists(st.text("abAB:\n ", max_size=40), max_size=3))
def test_a_name_heads_a_speech_and_never_stands_in_lower_case(pieces):
    for name in find_names(pieces):
        assert any(re.search(rf"(?i)(\A|\n\n)[^\n]*{name}[^\n]*:\n", piece) for piece in pieces)
        assert not any(name in re.findall(r"[^\W\d_]+", piece) for piece in pieces)


@few
@given(st.text("Romeo: \n.é", min_size=200, max_size=400), st.integers(0, 2**32), st.floats(0, 1), st.integers(0, 5))
def test_an_epoch_has_the_length_and_the_letters_of_the_training_part(content, seed, renamed, epoch):
    text = dataset("Romeo:\n\nRomeo:\nRo." + content, 4)
    data = ShakespeareData(text.split(), 2, 4, seed, renamed, window=4)
    train, read = text.split().train.data, data.epoch(epoch)
    assert torch.equal(read, data.epoch(epoch)) and len(read) == len(train)
    assert torch.equal(read.sort().values, train.sort().values) or data.names
    assert all(x.max() < text.vocab_size for x, _ in data.train_dataloader())


# --- sampling -----------------------------------------------------------------------------------------------------

LOGITS = st.lists(NUMBERS, min_size=1, max_size=30).map(lambda row: torch.tensor(row, dtype=torch.double))


@repeatable
@given(LOGITS, st.floats(0, 1e6), st.none() | st.integers(1, 40), st.none() | st.floats(1e-6, 1))
def test_probabilities_sum_to_one_on_the_support_that_the_limits_leave(logits, temperature, top_k, top_p):
    p = probabilities(logits, temperature, top_k, top_p)
    assert p.shape == logits.shape and p.min() >= 0 and float(p.sum()) == pytest.approx(1)
    kept = p > 0
    assert 1 <= kept.sum() <= (top_k or len(p)) and logits[p.argmax()] > logits.max() - 1e-9
    assert not (~kept).any() or logits[~kept].max() < logits[kept].min() + 1e-9 or temperature == 0
    if temperature == 0:
        assert kept.sum() == 1
    elif top_p:
        plain = probabilities(logits, temperature, top_k)
        reached = plain[kept].sum()
        assert reached >= min(top_p, 1) - 1e-9  # reaches top_p, and without its least likely one it does not
        assert kept.sum() == (plain > 0).sum() or reached - plain[kept].min() < top_p + 1e-9


@repeatable
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30), st.integers(1, 50), st.integers(0, 2**63 - 1))
def test_what_cannot_follow_is_never_drawn(weights, count, seed):
    p = torch.tensor(weights)
    assume(p.sum() > 0)
    drawn = draw(p.expand(count, -1), torch.Generator().manual_seed(seed))
    assert drawn.shape == (count,) and (p[drawn] > 0).all()


@pytest.fixture(scope="module")
def network() -> CharLSTM:
    torch.manual_seed(4)
    return CharLSTM(list("\n abé"), 4, 6, 2, copy_size=3, memory=9).double().eval()


@few
@given(
    prompt=st.text("\n abé", min_size=1, max_size=40),
    length=st.integers(1, 15),
    num_samples=st.integers(1, 3),
    top_k=st.none() | st.integers(1, 9),
    top_p=st.none() | st.floats(0.01, 1),
    temperature=st.floats(0, 5),
    seed=st.integers(0, 2**63 - 1),
)
def test_texts_go_on_from_their_prompt_and_repeat_by_seed(network, prompt, length, num_samples, **options):
    texts = generate(network, prompt, length, num_samples=num_samples, **options)
    assert len(texts) == num_samples
    for text in texts:
        assert text.startswith(prompt) and len(text) == len(prompt) + length and set(text) <= set(network.chars)
    assert generate(network, prompt, length, num_samples=num_samples, **options) == texts
    if options["top_k"] == 1:
        assert texts == generate(network, prompt, length, num_samples=num_samples, temperature=0)


# --- evaluation ---------------------------------------------------------------------------------------------------


@repeatable
@given(LETTERS, LETTERS, st.integers(0, 6), st.booleans(), st.data())
def test_ngram_probabilities_are_positive_and_sum_to_one(train, held_out, max_order, count_on, data):
    assume(train or held_out)
    ids = [encode(text, list("\n abz")) for text in (train, held_out)]  # z is never seen
    places = st.lists(st.integers(0, 8), min_size=len(held_out), max_size=len(held_out))
    context = data.draw(st.none() | places.map(lambda c: torch.tensor(c, dtype=torch.long)))
    each = list(ngrams(*ids, 5, max_order, context, count_on))
    assert len(each) == max_order + 1
    for p in each:
        assert p.shape == (len(held_out), 5) and (p > 0).all()
        torch.testing.assert_close(p.sum(1), torch.ones(len(held_out)))


@repeatable
@given(LETTERS.filter(bool), LETTERS.filter(bool), st.integers(0, 4), st.data())
def test_ngrams_know_nothing_of_what_comes_later(train, held_out, order, data):
    cut = data.draw(st.integers(1, len(held_out)))
    ids = [encode(text, list("\n ab")) for text in (train, held_out)]
    for p, shorter in zip(
        ngrams(*ids, 4, order, count_on=True), ngrams(ids[0], ids[1][:cut], 4, order, count_on=True), strict=True
    ):
        torch.testing.assert_close(p[:cut], shorter)


def distributions(data, count: int) -> torch.Tensor:
    rows = st.lists(st.lists(st.floats(-9, 0, width=32), min_size=3, max_size=3), min_size=count, max_size=count)
    return torch.tensor(data.draw(rows)).log_softmax(-1)


@repeatable
@given(st.integers(1, 20), st.floats(-2, 2), st.floats(-2, 2), st.data())
def test_a_mixture_is_a_distribution_and_its_weights_are_no_worse_than_either(count, a, b, data):
    network, ngram = distributions(data, count), distributions(data, count)
    torch.testing.assert_close(mixture(network, ngram, a, b).exp().sum(1), torch.ones(count))
    torch.testing.assert_close(mixture(network, ngram, 1.0, 0.0), network)
    true = torch.tensor(data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))

    def loss(*weights):
        return float(torch.nn.functional.nll_loss(mixture(network, ngram, *weights), true))

    found = loss(*mixture_weights(network, ngram, true))
    assert math.isfinite(found) and found <= min(loss(1, 0), loss(0, 1)) + 1e-4


@repeatable
@given(st.text("ab\n🙂\udcff", max_size=40), st.text("ab\n🙂\udcff", max_size=20), st.integers(1, 50))
def test_copies_are_those_that_a_search_finds(source, text, longest):
    expected = [
        max(n for n in range(min(longest, len(text) - k) + 1) if text[k : k + n] in source) for k in range(len(text))
    ]
    assert CopyFinder(source, longest).lengths(text) == expected


@repeatable
@given(st.text("ab", max_size=40), st.integers(1, 9))
def test_repetition_counts_what_stood_there_before(text, length):
    starts = range(len(text) - length + 1)
    again = sum(any(text[k : k + length] == text[j : j + length] for j in range(k)) for k in starts)
    assert repetition(text, length) == pytest.approx(again / len(starts) if starts else 0)


@repeatable
@given(st.text("ab"), st.text("ab"))
def test_no_longer_prefix_is_common(a, b):
    n = common_prefix(a, b)
    assert a[:n] == b[:n] and len(a[:n]) == n and (a[: n + 1] != b[: n + 1] or a == b)


def read(network: CharLSTM, ids: torch.Tensor) -> torch.Tensor:
    """Log-probabilities of what follows ids (characters,), all read at once."""
    return network(ids[None].long())[0][0].float().log_softmax(-1)  # (characters, vocab_size)


@few
@given(content=st.text("\n abé", min_size=40, max_size=90), size=st.integers(1, 50), batch_size=st.integers(1, 9))
def test_protocols_do_not_depend_on_how_much_is_computed_at_once(network, content, size, batch_size):
    part = dataset("\n abé" + content, 1)
    carried = carried_predictions(network, part, chunk=size)
    torch.testing.assert_close(carried, read(network, part.data[:-1]))
    torch.testing.assert_close(dynamic_predictions(network, part, learning_rate=0, chunk=size), carried)
    if size >= len(part.data):
        with pytest.raises(InputError):
            cold_predictions(network, part, size, batch_size)
        return
    cold = cold_predictions(network, part, size, batch_size)
    starts = range(0, len(part.data) - size, size)
    torch.testing.assert_close(cold, torch.cat([read(network, part.data[k : k + size]) for k in starts]))


@few
@given(content=st.text("\n abé", min_size=40, max_size=90), chunk=st.integers(1, 20), data=st.data())
def test_dynamic_evaluation_has_not_seen_what_comes_later(network, content, chunk, data):
    part = dataset("\n abé" + content, 1)
    cut = data.draw(st.integers(2, len(part.data)))
    shorter = copy.copy(part)
    shorter.data = part.data[:cut]
    whole = dynamic_predictions(network, part, 0.01, chunk)[: cut - 1]
    torch.testing.assert_close(dynamic_predictions(network, shorter, 0.01, chunk), whole)


@repeatable
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_an_area_is_the_share_of_pairs_in_the_right_order(places):
    values, yes = torch.tensor([[float(v)] for v, _ in places]), torch.tensor([y for _, y in places])
    assume(yes.any() and not yes.all())
    pairs = [(a > b) + (a == b) / 2 for a in values[yes, 0].tolist() for b in values[~yes, 0].tolist()]
    assert float(areas(values, yes)[0]) == pytest.approx(sum(pairs) / len(pairs))


# --- what notebooks share -----------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@hypothesis.settings(repeatable, max_examples=300)
@given(st.sampled_from(list(QUICK)), ANYTHING)
def test_a_setting_is_taken_as_it_is_or_refused_by_name(name, value):
    try:
        taken = getattr(settings("quick", {name: value}), name)
    except InputError as error:
        assert name in str(error)
    else:
        like = QUICK[name]
        assert taken is value and (like is None or isinstance(value, type(like) | int))
        json.dumps(value, allow_nan=False)  # so run_folder can tell it from others


@repeatable
@given(ANYTHING, ANYTHING)
def test_profiles_and_changes_are_taken_or_refused(profile, changes):
    try:
        assert vars(settings(profile, changes)).keys() == QUICK.keys()
    except InputError:
        assert profile not in ["smoke", "quick", "small", "full"] or changes
    with pytest.raises(InputError):
        settings("quick", [changes])


@repeatable
@hypothesis.example([("\\\\|", "|"), ("a\\", "\\|")])
@given(st.lists(st.tuples(st.text(max_size=9), st.integers() | st.text("|\\\n1%", max_size=6)), max_size=4))
def test_a_table_has_a_line_for_each_row_and_as_many_cells_in_each(rows):
    with mock.patch("shakespeare.course.display") as display:
        show_table(["a", "b"], rows, "any", "Any.")
    lines = display.call_args_list[0].args[0]["text/markdown"].split("\n")
    assert len(lines) == 2 + len(rows)
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 3 for line in lines)


@repeatable
@given(ANY, ANY)
def test_a_page_shows_the_text_and_nothing_of_it_is_a_tag(prompt, written):
    shown = page(prompt, written)
    assert html.unescape(re.sub(r"</?(?:div|b)\b[^>]*>", "", shown)) == html.unescape(html.escape(prompt + written))
    assert len(re.findall("<", shown)) == 8


@repeatable
@given(ANY, st.integers(1, 9))
def test_the_likeliest_characters_can_be_seen(text, count):
    chars = vocabulary(text + "a")
    p = torch.ones(len(chars)).softmax(-1)
    rows = likeliest(p, chars, count)
    assert len(rows) == min(count, len(chars)) and all(shown.isprintable() and shown.strip() for shown, _ in rows)
