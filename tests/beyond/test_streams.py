"""Streams: each row of a batch continues in the next, and each epoch starts elsewhere."""

import itertools

import pytest
import torch
from conftest import small_ladder

from shakespeare.beyond.streams import Streams, stream_batches
from shakespeare.data import Corpus


def numbers(length: int) -> Corpus:
    """A text in which each character is the number of its position."""
    return Corpus(torch.arange(length), [str(k) for k in range(length)], "numbers")


@pytest.mark.parametrize(
    ("length", "batch_size", "seq_len"),
    [(101, 4, 5), (100, 3, 7)],
)
def test_each_row_of_a_stream_continues_in_the_next_batch(length, batch_size, seq_len):
    batches = list(stream_batches(numbers(length), batch_size, seq_len))
    for x, y in batches:
        assert x.shape == y.shape == (batch_size, seq_len)
        assert torch.equal(y, x + 1)
        assert torch.equal(x[:, 1:], y[:, :-1])
    for (_, y), (x, _) in itertools.pairwise(batches):
        assert torch.equal(x[:, 0], y[:, -1])
    read = torch.cat([x.flatten() for x, _ in batches])
    assert len(read.unique()) == len(read)  # no character is read twice
    assert length - 1 - len(read) < batch_size * seq_len  # less than a batch is left out


def test_more_streams_than_the_text_holds_are_refused(refuses):
    with refuses("batch_size = 4", "seq_len = 10"):
        stream_batches(numbers(40), 4, 10)


def streams(split) -> Streams:
    """The data of a training, 4 streams of 16 characters in a batch."""
    return Streams(split, small_ladder(batch_size=4, seq_len=16).training)


def test_an_epoch_is_the_training_part_from_a_random_start_around(excerpt):
    split = excerpt.split()
    text = split.train.text()
    data = streams(split)
    starts = []
    for epoch in range(5):
        read = excerpt.decode(data.text_of_epoch(epoch))
        start = text.index(read[:100])
        assert read == text[start:] + text[:start]
        starts.append(start)
        x, _ = data.batches(epoch)[0]
        assert excerpt.decode(x[0]) == read[:16]
    assert len(set(starts)) == 5


def test_two_processes_have_the_rows_of_one(excerpt):
    data = streams(excerpt.split())
    halves = [data.batches(1, process, processes=2) for process in (0, 1)]
    for (x, y), *parts in zip(data.batches(1), *halves, strict=True):
        for process, (own_x, own_y) in enumerate(parts):
            assert torch.equal(own_x, x[process::2])
            assert torch.equal(own_y, y[process::2])
