"""Streams: each row of a batch continues in the next, and each epoch starts elsewhere."""

import itertools

import pytest
import torch
from conftest import Process

from shakespeare.beyond.settings import load_beyond
from shakespeare.beyond.streams import StreamData, StreamDataset


@pytest.mark.parametrize(
    ("length", "batch_size", "seq_len"),
    [(101, 4, 5), (100, 3, 7)],
)
def test_each_row_of_a_stream_continues_in_the_next_batch(length, batch_size, seq_len):
    batches = list(StreamDataset(torch.arange(length), batch_size, seq_len))
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
        StreamDataset(torch.arange(40), 4, 10)


def streams(split, process: Process | None = None, **changes) -> StreamData:
    """The data of a training, 4 streams of 16 characters in a batch."""
    sizes = {"batch_size": 4, "seq_len": 16, "rename_share": 0.0}
    data = StreamData(split, load_beyond("quick", "rungs", sizes | changes))
    data.trainer = process
    return data


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
    assert len(set(starts)) == 5
    for epoch in (0, 1):
        x, _ = next(iter(streams(split, Process(current_epoch=epoch)).train_dataloader()))
        assert torch.equal(x[0], data.text_of_epoch(epoch)[:16].long())
