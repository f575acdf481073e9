"""The corpus, windows, the split, streams, epochs, and what unusable text gets."""

import itertools
import math

import pytest
import torch
from conftest import ROOT
from torch.utils.data import DataLoader, random_split

from shakespeare import ShakespeareDataset
from shakespeare.data import ShakespeareData, Split, StreamDataset, encode
from shakespeare.settings import load_settings

SEQ_LEN, BATCH_SIZE = 20, 7
PANGRAM = "Sphinx of black quartz,\njudge my vow.\n"
SCENE = "ROMEO:\nHear, Juliet! I am Romeo.\n\nJULIET:\nAy, ROMEO, ay.\n\n"


def data_of(split: Split, rename_share: float, **changes) -> ShakespeareData:
    """The data of a training for one epoch, 4 streams of 16 characters in a batch."""
    sizes = {"batch_size": 4, "seq_len": 16, "epochs": 1, "rename_share": rename_share}
    return ShakespeareData(split, load_settings("quick", sizes | changes))


def test_interface_of_the_seed_report(monkeypatch):
    monkeypatch.chdir(ROOT)
    s = ShakespeareDataset("./input.txt", seq_len=SEQ_LEN)
    corpus = (ROOT / "input.txt").read_text(encoding="utf-8")
    assert s.chars == sorted(set(corpus)) and s.vocab_size == 65
    assert [s.s_to_i[s.i_to_s[i]] for i in range(65)] == list(range(65))
    assert len(s) == len(corpus) - SEQ_LEN
    x, y = s[1000]
    assert "".join(s.i_to_s[int(i)] for i in x) == corpus[1000 : 1000 + SEQ_LEN]
    assert "".join(s.i_to_s[int(i)] for i in y) == corpus[1001 : 1001 + SEQ_LEN]

    for train_data in (s, random_split(s, [0.9, 0.1])[0]):
        loader = iter(DataLoader(train_data, batch_size=BATCH_SIZE, shuffle=True))
        x, y = next(loader)
        assert x.shape == y.shape == (BATCH_SIZE, SEQ_LEN) and x.dtype == y.dtype == torch.int64
        assert torch.equal(x[:, 1:], y[:, :-1])
        assert all(s.decode(window) in corpus for window in torch.cat([x, y[:, -1:]], dim=1))
        assert not torch.equal(x, next(loader)[0])


@pytest.mark.parametrize("stride", [1, 5, 16])
def test_a_batch_is_fetched_at_once_and_equals_its_items(text, monkeypatch, stride):
    windows, fetched = text.with_windows(16, stride), []
    fetch = ShakespeareDataset.__getitems__
    monkeypatch.setattr(
        ShakespeareDataset, "__getitems__", lambda s, i: fetched.append(i) or fetch(s, i)
    )
    chosen = [3, 0, len(windows) - 1, 3]
    x, y = next(iter(DataLoader(windows, batch_size=4, sampler=chosen)))
    assert fetched == [chosen]
    assert torch.equal(x, torch.stack([windows[k][0] for k in chosen]))
    assert torch.equal(y, torch.stack([windows[k][1] for k in chosen]))
    assert torch.equal(windows[3][0], text.data[3 * stride :][:16])


@pytest.mark.parametrize(
    ("content", "bytes_each"),
    [
        (PANGRAM, 1),
        ("🙂🙃 family 👩‍👩‍👧 e\u0301 ›Größe‹\n", 1),
        ("".join(chr(0x4E00 + 7 * k) for k in range(256)), 1),
        ("".join(chr(0x4E00 + 7 * k) for k in range(320)), 4),
    ],
    ids=["ascii", "emoji", "256 distinct", "320 distinct"],
)
def test_text_survives_encoding_and_decoding(write, content, bytes_each):
    text = ShakespeareDataset(write(content * 3), seq_len=4)
    assert text.decode(text.data) == content * 3
    assert text.data.tolist() == [text.s_to_i[c] for c in content * 3]
    assert text.data.element_size() == bytes_each
    assert torch.equal(text.encode(content), text.data[: len(content)])
    assert text.decode(text.encode("")) == ""


def test_byte_order_mark_and_windows_line_ends_are_no_characters(write):
    text = ShakespeareDataset(write("\ufeff" + PANGRAM.replace("\n", "\r\n")), seq_len=4)
    assert text.decode(text.data) == PANGRAM and text.chars == sorted(set(PANGRAM))


def test_a_text_is_read_in_pieces_without_a_seam(write):
    content = (PANGRAM + "é🙂") * 30_000  # more than a piece of 1 << 20 characters
    text = ShakespeareDataset(write(content), seq_len=4)
    assert text.decode(text.data) == content


@pytest.mark.parametrize("length", [400, 401, 409, 777])
def test_split_is_contiguous_and_complete(write, length):
    text = ShakespeareDataset(write("".join(chr(0x4E00 + k) for k in range(length))), seq_len=8)
    train, validation, test, held_out = text.split()
    assert torch.equal(torch.cat([train.data, validation.data, test.data]), text.data)
    assert torch.equal(torch.cat([validation.data, test.data]), held_out.data)
    assert abs(len(train.data) - 0.9 * length) < 1
    assert len(test.data) - len(validation.data) in (0, 1)
    assert validation.chars == text.chars
    assert len(train) + 8 == len(train.data)  # no window reaches into the next part
    assert torch.equal(train[len(train) - 1][1], train.data[-8:])


def test_split_of_the_corpus(corpus):
    assert [len(part.data) for part in corpus.split()] == [1_003_854, 55_770, 55_770, 111_540]


@pytest.mark.parametrize(
    ("length", "batch_size", "seq_len"),
    [(101, 4, 5), (100, 3, 7), (83, 1, 9), (61, 4, 15), (60, 12, 2)],
)
def test_each_row_of_a_stream_continues_in_the_next_batch(length, batch_size, seq_len):
    batches = list(StreamDataset(torch.arange(length), batch_size, seq_len))
    for x, y in batches:
        assert x.shape == y.shape == (batch_size, seq_len)
        assert torch.equal(x[:, 1:], y[:, :-1]) and torch.equal(y, x + 1)
    for (_, y), (x, _) in itertools.pairwise(batches):
        assert torch.equal(x[:, 0], y[:, -1])
    read = torch.cat([x.flatten() for x, _ in batches])
    assert len(read.unique()) == len(read)  # no character is read twice
    assert length - 1 - len(read) < batch_size * seq_len  # less than a batch is left out


def test_an_epoch_is_the_training_part_from_a_random_start_around(corpus):
    split = corpus.split()
    train, data = corpus.decode(split.train.data), data_of(split, rename_share=0.0)
    reads = [corpus.decode(data.epoch(epoch)) for epoch in (0, 1)]
    starts = [train.index(read[:500]) for read in reads]
    assert reads == [train[start:] + train[:start] for start in starts] and len(set(starts)) == 2


def test_seed_and_epoch_alone_decide_how_an_epoch_reads(write):
    split = ShakespeareDataset(write(SCENE * 300), seq_len=5).split()

    def epoch(number: int, seed: int = 1) -> torch.Tensor:
        torch.manual_seed(number)  # must not matter
        return data_of(split, rename_share=0.5, seed=seed).epoch(number)

    assert torch.equal(epoch(3), epoch(3)) and len(epoch(3)) == len(split.train.data)
    assert not torch.equal(epoch(3), epoch(4)) and not torch.equal(epoch(3), epoch(3, seed=2))


def test_without_a_carried_state_windows_of_the_epoch_are_shuffled(write):
    split = ShakespeareDataset(write(SCENE * 300), seq_len=5).split()
    data = data_of(split, rename_share=0.5, carry_state=False)
    epoch = split.train.decode(data.epoch(0))
    batches = list(data.train_dataloader())
    assert len(batches) == math.ceil(len(epoch) // 16 / 4)  # as many characters as the text has
    assert all(torch.equal(x[:, 1:], y[:, :-1]) and x.shape[1] == 16 for x, y in batches)
    windows = [split.train.decode(row) for x, _ in batches for row in x]
    assert all(window in epoch for window in windows)
    assert not torch.equal(next(iter(data.train_dataloader()))[0], batches[0][0])


def test_names_change_in_their_share_of_training_and_never_in_validation(write):
    split = ShakespeareDataset(write(SCENE * 600), seq_len=5).split()
    data = data_of(split, rename_share=0.5)
    count = split.train.decode(split.train.data).count("ROMEO")
    shares = [split.train.decode(data.epoch(k)).count("ROMEO") / count for k in range(9)]
    assert 0.2 < sum(shares) / 9 < 0.8
    read = torch.cat([x.flatten() for x, _ in data.val_dataloader()])
    assert torch.equal(read, split.validation.data[: len(read)].long())
    assert len(read) == (len(split.validation.data) - 1) // 256 * 256 > 0


def test_names_whose_capitals_the_text_lacks_are_left_alone(write):
    text = ShakespeareDataset(write("Romeo:\nHo!\n\nOrem:\nOh.\n\nHero:\nOh.\n\n" * 300), seq_len=5)
    data = data_of(text.split(), rename_share=1.0)
    assert data.names == [] and len(data.epoch(0)) == len(text.split().train.data)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "nothing to predict"),
        (b"\xef\xbb\xbf\r\n\r\n", "nothing to predict"),
        (b"a" * 99, "nothing to predict"),
        ("Größe".encode("latin-1"), "UTF-8"),
        ("plain".encode("utf-16"), "UTF-8"),
        ((PANGRAM * 50_000 + "é").encode("latin-1"), "UTF-8"),
        (b"to be", "seq_len = 5"),
        (b"a\r\nb\r\n", "seq_len = 4"),  # a line end is one character
    ],
    ids=["empty", "line ends", "one character", "latin-1", "UTF-16", "late", "short", "CRLF"],
)
def test_unusable_text_is_refused(write, refuses, content, word):
    with refuses(word, "text.txt"):
        ShakespeareDataset(write(content), seq_len=4 if "4" in word else 5)


def test_missing_file_and_folder_are_refused(tmp_path, refuses):
    for path in (tmp_path / "absent.txt", tmp_path):
        with refuses("no file", str(path)):
            ShakespeareDataset(path, seq_len=5)


def test_a_file_without_permission_is_refused(write, refuses, monkeypatch):
    path = write(PANGRAM)

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refused)  # root may read everything
    with refuses("text.txt", "Permission denied"):
        ShakespeareDataset(path, seq_len=5)


def test_a_part_shorter_than_a_window_is_named(write, refuses):
    with refuses("seq_len = 5", "validation part of text.txt"):
        ShakespeareDataset(write(PANGRAM), seq_len=5).split()
    split = ShakespeareDataset(write(PANGRAM * 10), seq_len=5).split()
    with refuses("seq_len = 256", "validation part of text.txt"):
        data_of(split, rename_share=0.0)


@pytest.mark.parametrize(
    ("content", "shown"),
    [("vow é", "'é'"), ("Ω", "'Ω'"), ("w🙂", "'🙂'"), ("\udcff", r"'\udcff'")],
)
def test_character_outside_the_vocabulary_is_named(refuses, content, shown):
    with refuses(f"The character {shown}"):
        encode(content, sorted(set(PANGRAM)))


@pytest.mark.parametrize(("batch_size", "seq_len"), [(4, 10), (41, 1), (1, 40)])
def test_more_streams_than_the_text_holds_are_refused(refuses, batch_size, seq_len):
    with refuses(f"batch_size = {batch_size}", f"seq_len = {seq_len}"):
        StreamDataset(torch.arange(40), batch_size, seq_len)
