"""What the published page also says: how copying was born, and what cells follow."""

import json

import torch
from conftest import ROOT

from report import beside
from report.page.example import find_example
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.data import Corpus
from shakespeare.pretrained import from_pretrained


def test_the_published_recording_is_of_the_pages_passage():
    recording = json.loads(
        (ROOT / "report" / "page" / "recording.json").read_text(encoding="utf-8")
    )
    test = Corpus.read(ROOT / "input.txt").split().test
    text = recording["text"]
    assert text == find_example(from_pretrained("small"), test)["text"]
    moments = recording["moments"]
    characters = [moment["characters"] for moment in moments]
    assert characters[0] == 0 and characters == sorted(set(characters))
    first, last = moments[0], moments[-1]
    assert last["loss"] < first["loss"]
    # It has learned to copy: only where copies are reversed, names are dear.
    assert last["names"] < last["reversed"] / 2 and last["names"] < first["names"] / 2
    for moment in moments:
        assert all(moment[number] > 0 for number in ("loss", "names", "reversed"))
        assert len(moment["bits"]) == len(text)
        for at, source, percent in moment["arcs"]:
            assert source < at and text[source] == text[at] and 10 <= percent <= 100


def test_an_arc_comes_from_the_letter_that_is_copied_most():
    torch.manual_seed(1)
    sizes = {"embedding_size": 4, "hidden_size": 6, "num_layers": 1}
    network = CopyLSTM(list("ab"), copy_size=3, memory=9, **sizes)
    network.copy_head.write.bias.data.fill_(-100.0)  # it only copies
    found = beside.of_passage(network, torch.tensor([0, 1, 1, 0, 1], dtype=torch.uint8))
    assert [at for at, _, _ in found["arcs"]] == [2, 3, 4]  # neither letter came before
    assert found["arcs"][0] == [2, 1, 100] and found["arcs"][1] == [3, 0, 100]
    assert len(found["bits"]) == 5 and found["bits"][0] == 0
