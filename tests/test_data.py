"""The corpus, its split, windows, batches for training, and what unusable text gets."""

import pytest
import torch
from conftest import small_baseline
from torch.utils.data import DataLoader, random_split

from shakespeare.data import Batches, Corpus, RandomWindows, ShakespeareDataset, decode

PANGRAM = "Sphinx of black quartz,\njudge my vow.\n"


# Windows


def test_a_dataset_has_all_windows_of_a_text_as_the_students_report_wants_them(corpus):
    text = corpus.text()
    assert corpus.chars == sorted(set(text))
    assert corpus.vocab_size == 65
    dataset = ShakespeareDataset(corpus, seq_len=20)
    assert len(dataset) == len(text) - 20
    for number in (0, 1000, len(dataset) - 1):
        x, y = dataset[number]
        assert corpus.decode(x) == text[number : number + 20]
        assert corpus.decode(y) == text[number + 1 : number + 21]

    train_data, _ = random_split(dataset, [0.9, 0.1])
    for windows in (dataset, train_data):
        loader = iter(DataLoader(windows, batch_size=7, shuffle=True))
        x, y = next(loader)
        assert x.shape == y.shape == (7, 20)
        assert x.dtype == y.dtype == torch.int64
        assert torch.equal(x[:, 1:], y[:, :-1])
        for row in torch.cat([x, y[:, -1:]], dim=1):
            assert decode(row, corpus.chars) in text
        another_x, _ = next(loader)
        assert not torch.equal(x, another_x)


def test_a_dataset_of_a_path_has_what_the_students_report_names(write):
    dataset = ShakespeareDataset(str(write(PANGRAM)), seq_len=20)
    assert dataset.chars == sorted(set(PANGRAM))
    assert dataset.vocab_size == len(dataset.chars)
    x, y = dataset[3]
    assert "".join(dataset.i_to_s[i] for i in x.tolist()) == PANGRAM[3:23]
    assert y.tolist() == [dataset.s_to_i[character] for character in PANGRAM[4:24]]


def test_several_indices_are_a_batch_of_windows_that_may_keep_a_distance(excerpt):
    dataset = ShakespeareDataset(excerpt, seq_len=9, stride=10)
    indices = torch.tensor([3, 0, 5])
    x, y = dataset[indices]
    assert x.dtype == y.dtype == torch.int64
    for row, number in enumerate([3, 0, 5]):
        one_x, one_y = dataset[number]
        assert torch.equal(x[row], one_x) and torch.equal(y[row], one_y)
        assert torch.equal(one_x, excerpt.ids[10 * number : 10 * number + 9].long())
    batches = Batches(dataset, [indices, indices[:1]])
    assert len(batches) == len(list(batches)) == 2
    assert torch.equal(batches[0][0], x) and batches[1][0].shape == (1, 9)


# Texts


@pytest.mark.parametrize(
    "text",
    [
        "🙂🙃 family 👩‍👩‍👧 e\u0301 ›Größe‹\n",
        "".join(chr(0x4E00 + 7 * k) for k in range(257)),  # more than a byte can number
    ],
    ids=["emoji", "257 distinct"],
)
def test_text_survives_encoding_and_decoding(write, text):
    corpus = Corpus.read(write(text * 3))
    assert corpus.text() == text * 3
    assert corpus.ids.tolist() == [corpus.chars.index(character) for character in text * 3]
    assert torch.equal(corpus.encode(text), corpus.ids[: len(text)])


def test_the_hash_is_that_of_the_characters_and_not_of_their_numbers(write):
    corpus = Corpus.read(write("abba"))
    assert corpus.hash == Corpus.read(write("\ufeffabba", "other.txt")).hash
    assert corpus.hash != Corpus.read(write("cddc")).hash
    assert corpus.slice(0, 2, "first").hash != corpus.slice(1, 3, "second").hash


def test_split_is_contiguous_and_complete(write):
    corpus = Corpus.read(write("".join(chr(0x4E00 + k) for k in range(777))))
    train, validation, test, held_out, whole = corpus.split()
    assert torch.equal(torch.cat([train.ids, validation.ids, test.ids]), corpus.ids)
    assert torch.equal(torch.cat([validation.ids, test.ids]), held_out.ids)
    assert abs(len(train.ids) - 0.9 * 777) < 1
    assert len(test.ids) - len(validation.ids) in (0, 1)
    assert validation.chars == corpus.chars
    assert whole is corpus


# Batches for training


def data_of(split, **changes) -> RandomWindows:
    """The data of a training, 4 windows of 16 characters in a batch."""
    sizes = {"batch_size": 4, "seq_len": 16}
    return RandomWindows(split, small_baseline(**(sizes | changes)).training)


def windows_of(batches) -> torch.Tensor:
    """All windows of an epoch, (windows, seq_len + 1)."""
    windows = []
    for x, y in batches:
        windows.append(torch.cat([x, y[:, -1:]], dim=1))
    return torch.cat(windows)


def test_an_epoch_has_random_windows_as_long_as_the_training_part(excerpt):
    split = excerpt.split()
    windows = windows_of(data_of(split).batches(epoch=0))
    assert windows.shape == (5400 // 16, 17)
    text = split.train.text()
    starts = [text.index(excerpt.decode(window)) for window in windows]
    assert starts != sorted(starts)
    assert len({start % 16 for start in starts}) == 16  # they begin anywhere


def test_seed_epoch_and_process_alone_decide_which_windows_an_epoch_has(excerpt):
    split = excerpt.split()

    def epoch(epoch: int, **changes) -> torch.Tensor:
        torch.rand(3)  # must not matter
        return windows_of(data_of(split, **changes).batches(epoch))

    first = epoch(0)
    assert torch.equal(first, epoch(0))
    assert not torch.equal(first, epoch(1))
    assert not torch.equal(first, epoch(0, seed=2))


def test_two_processes_draw_different_windows_and_the_same_again_when_they_resume(excerpt):
    data = data_of(excerpt.split())
    one = windows_of(data.batches(3, process=0, processes=2))
    other = windows_of(data.batches(3, process=1, processes=2))
    assert one.shape == other.shape == (5400 // 16 // 2, 17)  # together one epoch
    assert not torch.equal(one, other)
    assert torch.equal(other, windows_of(data.batches(3, process=1, processes=2)))
    x, _ = data.batches(3, process=1, processes=2)[0]
    assert x.shape == (2, 16)  # together one batch


def test_validation_reads_cold_windows_and_leaves_the_random_numbers_alone(corpus):
    split = corpus.split()
    data = data_of(split)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    windows = windows_of(data.validation())
    assert torch.equal(torch.rand(3), expected)  # else dropout would depend on the validation
    read = windows[:, :-1].flatten()
    assert torch.equal(read, split.validation.ids[: len(read)].long())
    assert len(read) == (len(split.validation.ids) - 1) // 256 * 256


# What cannot be used


def test_a_text_of_one_character_is_refused(write, refuses):
    with refuses("nothing to predict", "text.txt"):
        Corpus.read(write("a" * 99))


def test_a_part_shorter_than_a_window_is_named(write, refuses):
    split = Corpus.read(write(PANGRAM * 200)).split()
    with refuses("9000 characters", "training part of text.txt"):
        data_of(split, seq_len=9000)
