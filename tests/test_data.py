"""Room 1: the corpus, windows, the split, streams, and what unusable text gets."""

import hashlib
import itertools
import random
import re
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, random_split

from shakespeare.data import ShakespeareData, ShakespeareDataset, StreamDataset, decode, encode, find_names, rename
from shakespeare.files import read_text

ROOT = Path(__file__).resolve().parents[1]
SEQ_LEN = 20
PANGRAM = "Sphinx of black quartz,\njudge my vow.\n"


def test_input_txt_is_tiny_shakespeare():
    content = (ROOT / "input.txt").read_bytes()
    assert hashlib.sha256(content).hexdigest() == "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
    corpus = content.decode()
    assert (len(corpus), corpus.count("\n"), len(set(corpus))) == (1_115_394, 40_000, 65)


def test_interface_of_the_seed_report(monkeypatch):
    monkeypatch.chdir(ROOT)
    s = ShakespeareDataset("./input.txt", seq_len=SEQ_LEN)
    corpus = (ROOT / "input.txt").read_text(encoding="utf-8")
    assert s.chars == sorted(set(corpus)) and s.vocab_size == 65
    assert [s.s_to_i[s.i_to_s[i]] for i in range(65)] == list(range(65))
    assert len(s) == len(corpus) - SEQ_LEN
    assert s.data.element_size() == 1 and len(s.data) == len(corpus)
    assert [len(part.data) for part in s.split()] == [1_003_854, 55_770, 55_770, 111_540]

    x, y = s[1000]
    assert "".join(s.i_to_s[int(i)] for i in x) == corpus[1000 : 1000 + SEQ_LEN]
    assert "".join(s.i_to_s[int(i)] for i in y) == corpus[1001 : 1001 + SEQ_LEN]

    for train_data in (s, random_split(s, [0.9, 0.1])[0]):
        loader = iter(DataLoader(train_data, batch_size=7, shuffle=True))
        x, y = next(loader)
        assert x.shape == y.shape == (7, SEQ_LEN) and x.dtype == y.dtype == torch.int64
        assert torch.equal(x[:, 1:], y[:, :-1])
        assert all(s.decode(window) in corpus for window in torch.cat([x, y[:, -1:]], dim=1))
        assert not torch.equal(x, next(loader)[0])


@pytest.mark.parametrize("stride", [1, 5, 16])
def test_a_batch_fetched_at_once_equals_its_items(text, stride):
    windows = text.cut(16, stride)
    x, y = next(iter(DataLoader(windows, batch_size=4, sampler=[3, 0, len(windows) - 1, 3])))
    items = [windows[k] for k in (3, 0, len(windows) - 1, 3)]
    assert torch.equal(x, torch.stack([item[0] for item in items]))
    assert torch.equal(y, torch.stack([item[1] for item in items]))
    assert torch.equal(windows[3][0], text.data[3 * stride :][:16])


@pytest.mark.parametrize(
    ("content", "bytes_each"),
    [
        (PANGRAM, 1),
        ("Ach, wär's möglich – ›Größe‹\n", 1),
        ("🙂🙃 family 👩‍👩‍👧 e\u0301\n", 1),
        ("".join(chr(0x4E00 + 7 * k) for k in range(256)), 1),
        ("".join(chr(0x4E00 + 7 * k) for k in range(257)), 4),
    ],
    ids=["ascii", "accents", "emoji", "256 distinct", "257 distinct"],
)
def test_text_survives_encoding_and_decoding(write, content, bytes_each):
    text = ShakespeareDataset(write(content * 3), seq_len=4)
    assert decode(text.data, text.chars) == text.decode(text.data) == content * 3
    assert text.data.tolist() == [text.s_to_i[c] for c in content * 3]
    assert text.data.element_size() == bytes_each
    assert text.decode(text.encode("")) == ""


def test_byte_order_mark_and_windows_line_ends_are_dropped(write):
    assert read_text(write(b"\xef\xbb\xbfone\r\ntwo\rthree\n")) == "one\ntwo\nthree\n"


@pytest.mark.parametrize("length", [400, 401, 409, 777])
def test_split_is_contiguous_and_complete(write, length):
    text = ShakespeareDataset(write("".join(chr(0x4E00 + k) for k in range(length))), seq_len=8)
    train, validation, test, held_out = text.split()
    assert torch.equal(torch.cat([train.data, validation.data, test.data]), text.data)
    assert torch.equal(torch.cat([validation.data, test.data]), held_out.data)
    assert abs(len(train.data) - 0.9 * length) < 1 and len(test.data) - len(validation.data) in (0, 1)
    assert validation.chars == text.chars
    assert len(train) + 8 == len(train.data)  # no window reaches into the next part
    assert torch.equal(train[len(train) - 1][1], train.data[-8:])


@pytest.mark.parametrize(
    ("length", "batch_size", "seq_len"), [(101, 4, 5), (100, 3, 7), (83, 1, 9), (61, 4, 15), (60, 12, 2)]
)
def test_streams_go_on_from_batch_to_batch(length, batch_size, seq_len):
    batches = list(StreamDataset(torch.arange(length), batch_size, seq_len))
    assert all(x.shape == y.shape == (batch_size, seq_len) for x, y in batches)
    for x, y in batches:
        assert torch.equal(x[:, 1:], y[:, :-1]) and torch.equal(y, x + 1)
    for (_, y), (x, _) in itertools.pairwise(batches):
        assert torch.equal(x[:, 0], y[:, -1])
    read = torch.cat([x.flatten() for x, _ in batches])
    assert len(read.unique()) == len(read)  # no character is read twice
    assert length - 1 - len(read) < batch_size * seq_len  # and what is left out is less than a batch


SCENE = """ROMEO:
Hear, Juliet: the king is Romeo's friend.

KING HENRY:
Thou romper, ROMEO! Good night, good king.

JULIET:
Night, night.

Night:
I speak.
"""


def test_names_are_speakers_that_are_no_common_words():
    assert find_names([SCENE]) == {"romeo", "henry", "juliet"}
    assert find_names(["No speaker here, only Romeo.\n"]) == set()


def test_renaming_is_consistent_and_leaves_the_rest():
    names = sorted(find_names([SCENE]))
    texts = [rename(SCENE, names, random.Random(seed)) for seed in range(20)]
    assert len(set(texts)) > 10 and texts[7] == rename(SCENE, names, random.Random(7))
    for text in texts:
        romeo, juliet = text.split(":")[0], re.search(r"Hear, (\w+)", text)[1]
        henry = re.search(r"KING (\w+)", text)[1]
        made_up = {romeo.lower(): "romeo", juliet.lower(): "juliet", henry.lower(): "henry"}
        back = {old.upper(): new.upper() for old, new in made_up.items()}
        back |= {old.capitalize(): new.capitalize() for old, new in made_up.items()}
        text = re.sub(r"\w+", lambda word, back=back: back.get(word[0], word[0]), text)
        assert text == SCENE or len(made_up) < 3  # two may get the same name


def test_each_epoch_has_the_whole_training_part_with_other_names(write):
    text = ShakespeareDataset(write(SCENE * 300), seq_len=5)
    train = text.split().train
    plain = ShakespeareData(text.split(), 4, 16, seed=1, window=64).epoch(0)
    start = int(next(k for k in range(len(train.data)) if torch.equal(train.data.roll(-k)[:500], plain[:500])))
    assert len(plain) == len(train.data) and torch.equal(plain.bincount(), train.data.bincount()) and start >= 0

    data = ShakespeareData(text.split(), 4, 16, seed=1, renamed=0.5, window=64)
    first, second = data.epoch(0), data.epoch(1)
    assert torch.equal(first, data.epoch(0)) and not torch.equal(first, second)
    assert len(first) == len(second) == len(train.data)  # as many batches in each epoch
    shares = [
        text.decode(epoch).count("ROMEO") / text.decode(train.data).count("ROMEO")
        for epoch in map(data.epoch, range(9))
    ]
    assert 0.2 < sum(shares) / 9 < 0.8


def test_names_whose_capitals_the_text_lacks_are_left_alone(write):
    text = ShakespeareDataset(write("Romeo:\nHo!\n\nOrem:\nOh.\n\nHero:\nOh.\n\n" * 50), seq_len=5)
    data = ShakespeareData(text.split(), 4, 16, renamed=1.0, window=20)
    assert data.names == [] and len(data.epoch(0)) == len(text.split().train.data)


def test_data_module_repeats_by_seed_and_validates_on_whole_windows(text):
    def first(seed):
        return next(iter(ShakespeareData(text.split(), 4, 16, seed, window=64).train_dataloader()))[0]

    assert torch.equal(first(1), first(1)) and not torch.equal(first(1), first(2))
    loader = ShakespeareData(text.split(), 4, 16, window=64).val_dataloader()
    read = torch.cat([x.flatten() for x, _ in loader])
    assert torch.equal(read, text.split().validation.data[: len(read)].long()) and len(read) == 256


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "no text"),
        (b" \n\t\r\n ", "no text"),
        (b"\xef\xbb\xbf", "no text"),
        ("Größe".encode("latin-1"), "UTF-8"),
        ("plain".encode("utf-16"), "UTF-8"),
        ("plain".encode("utf-16-le"), "NUL"),
        (b"plain\0text", "NUL"),
        (b"to be", "seq_len"),
    ],
)
def test_unusable_text_is_refused(write, refuses, content, word):
    with refuses(word, "text.txt"):
        ShakespeareDataset(write(content), seq_len=5)


def test_missing_file_and_folder_are_refused(tmp_path, refuses):
    with refuses("no file", "absent.txt"):
        ShakespeareDataset(tmp_path / "absent.txt", seq_len=5)
    with refuses("folder", str(tmp_path)):
        ShakespeareDataset(tmp_path, seq_len=5)


@pytest.mark.parametrize("value", [0, -1, 1.5, "8", None, len(PANGRAM)])
def test_bad_window_is_refused(write, refuses, value):
    path = write(PANGRAM)
    with refuses("seq_len", str(value)):
        ShakespeareDataset(path, seq_len=value)
    with refuses("seq_len", str(value)):
        ShakespeareDataset(path, seq_len=5).cut(value)
    if value != len(PANGRAM):
        with refuses("stride", str(value)):
            ShakespeareDataset(path, seq_len=5, stride=value)


def test_window_longer_than_a_part_is_refused(write, refuses):
    with refuses("seq_len = 5", "validation part of text.txt"):
        ShakespeareDataset(write(PANGRAM), seq_len=5).split()
    split = ShakespeareDataset(write(PANGRAM * 10), seq_len=5).split()
    with refuses("seq_len = 256", "validation part of text.txt"):
        ShakespeareData(split, batch_size=2, seq_len=5)


@pytest.mark.parametrize(
    ("content", "shown"),
    [("vow é", "'é' at position 4"), ("Ω", "'Ω'"), ("\0", r"'\x00'"), ("🙂", "'🙂'"), ("vow\udcff", r"'\udcff'")],
)
def test_character_outside_the_vocabulary_is_refused(refuses, content, shown):
    with refuses(shown):
        encode(content, sorted(set(PANGRAM)))


@pytest.mark.parametrize(("batch_size", "seq_len"), [(4, 10), (41, 1), (1, 40)])
def test_more_streams_than_the_text_holds_are_refused(refuses, batch_size, seq_len):
    with refuses(f"batch_size = {batch_size}"):
        StreamDataset(torch.arange(40), batch_size, seq_len)


@pytest.mark.parametrize(("batch_size", "seq_len", "name"), [(0, 4, "batch_size"), (4, 0, "seq_len")])
def test_no_streams_and_no_length_are_refused(refuses, batch_size, seq_len, name):
    with refuses(f"{name} must be a whole number of at least 1, not 0"):
        StreamDataset(torch.arange(40), batch_size, seq_len)
