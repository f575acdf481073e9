"""The explorer's network and sampling against Python's, in Node; the pages of the course's runs."""

import base64
import json
import re

import pytest
import safetensors.torch
import torch
from conftest import Page, save_random

from course.cells import correlations, hold_at_zero, targets
from report.explorer import build
from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.data import Corpus
from shakespeare.model import CharLSTM
from shakespeare.pretrained import from_pretrained
from shakespeare.sampling import probabilities

SIZES = {"embedding_size": 5, "hidden_size": 7, "num_layers": 3}


def assert_same_predictions(node, folder, texts, held=()):
    """lstm.js and PyTorch predict the same after each character, with some cells held at zero."""
    read = """
      const tensors = holdAtZero(readTensors(bytes, shapesOf(config)), config.hidden_size, HELD);
      const changed = new CharLSTM(config, tensors);
      return texts.map((text) => {
        const state = changed.start();
        const step = (character) => changed.step(changed.idOf(character), state);
        return Array.from(text, (character) => Array.from(step(character).prediction.p));
      });""".replace("HELD", json.dumps(list(held)))
    network = hold_at_zero(from_pretrained(folder), held)
    for text, found in zip(texts, node.in_node(read, folder, *texts), strict=True):
        ids = torch.tensor([[network.chars.index(c) for c in text]])  # (1, characters)
        with torch.no_grad():
            logits, _ = network(ids)  # (1, characters, vocab_size)
        p = torch.tensor(found).clamp_min(1e-9)  # as the copy head does
        torch.testing.assert_close(p.log(), logits[0].log_softmax(-1), atol=1e-3, rtol=0)


def test_the_shipped_network_predicts_the_same_carried_over_two_texts(node):
    held_out = Corpus.read(build.ROOT / "input.txt").split().held_out.text()
    assert_same_predictions(node, build.MODEL, [held_out[:500], held_out[-500:]])


@pytest.mark.parametrize(
    "network",
    [
        CharLSTM(list("\nabc"), **SIZES),
        NormDropoutLSTM(list("\nabc"), **SIZES, layer_norm=True),
        CopyLSTM(list("\nabc"), copy_size=3, memory=4, **SIZES, layer_norm=True),
    ],
    ids=["plain", "layer norm", "copy head and layer norm"],
)
def test_every_kind_of_network_predicts_the_same(node, tmp_path, network):
    folder = save_random(network, tmp_path)
    assert_same_predictions(node, folder, ["ab\nacbca\nb", "c"], held=[2, 7, 20])


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0.5, "min_p": 0.03},
        {"temperature": 2, "min_p": 0.3},
        {"temperature": 0, "min_p": 0},
    ],
)
def test_the_page_draws_by_the_same_probabilities(node, options):
    p = torch.tensor([0.02, 0.5, 0.08, 0.3, 0.1])
    q = f"probabilities(Float32Array.from({p.tolist()}), {json.dumps(options)})"
    draw_by = f"return Array.from({q});"
    found = torch.tensor(node.in_node(draw_by, build.MODEL), dtype=torch.float)
    torch.testing.assert_close(found, probabilities(p.log(), **options), atol=1e-6, rtol=0)


def test_each_character_is_drawn_as_often_as_its_probability_says(node):
    draw = "return [0, 0.01, 0.3, 0.7, 0.95].map((u) => draw([0.02, 0.5, 0.08, 0.3, 0.1], u));"
    assert node.in_node(draw, build.MODEL) == [0, 0, 1, 3, 4]


def test_a_changed_text_reads_like_a_new_one_with_and_without_a_cell(node):
    """A text is read up to a change again from a snapshot, and gives what new readers give."""
    code = """
      const [text, changed] = texts.map((each) => Array.from(each));
      const tensors = holdAtZero(readTensors(bytes, shapesOf(config)), config.hidden_size, [117]);
      const read = (reader, characters) => characters.forEach((each) => reader.read(each));
      const broken = new Reader(new CharLSTM(config, tensors));
      const comparison = new Comparison(new Reader(network), [117]);
      const { whole } = comparison;
      const compare = () => {
        while (comparison.toRead(broken)) comparison.readOn(broken);
        return comparison.news(broken);
      };
      read(broken, text);
      compare();
      broken.rewind(40); // the texts are the same up to here
      const kept = broken.text.length;
      read(broken, changed.slice(kept));
      comparison.follow(changed, 40);
      const { start, changes } = compare();

      const newWhole = new Reader(network);
      const newBroken = new Reader(new CharLSTM(config, tensors));
      read(newWhole, changed);
      read(newBroken, changed);
      const differences = changed.map((_, k) => newBroken.surprisals[k] - newWhole.surprisals[k]);
      const found = (reader) => [reader.surprisals, reader.positions, explain(reader, 67, 3)];
      return { kept, results: [whole, newWhole].map(found), start, changes, differences };"""
    same = "First Citizen:\nBefore we proceed any further"[:40]
    texts = [same + ", hear me speak. Speak, speak.\n", same + " – listen to me. Speak, speak.\n"]
    found = node.in_node(code, build.MODEL, *texts)
    reader, new_reader = found["results"]
    assert 0 < found["kept"] <= 40
    assert reader == new_reader
    surprisals, _, explained = reader
    assert surprisals[41] is None  # the network never saw the dash
    assert explained["p"] == pytest.approx(2 ** -surprisals[67])
    assert 60 in [source["at"] for source in explained["sources"]]  # the same letter before

    differences = found["differences"]
    assert 0 < found["start"] <= 40
    assert found["changes"] == differences[found["start"] :]
    assert max(abs(change or 0) for change in differences) > 0.1


def test_what_a_cell_follows_is_scored_as_in_the_course(node):
    text = "ROMEO:\n“Ah” – me! Is't so?\n\nFIRST 2ND LORD:\nGo, 😀 go.\n"
    code = """
      const reader = new Reader(network);
      for (const character of texts[0]) reader.read(character);
      const values = reader.cells.map((row) => Array.from(row));
      const scores = {};
      for (const what of Object.keys(TARGETS)) scores[what] = scoreCells(reader, what);
      return { scores, values };"""
    found = node.in_node(code, build.MODEL, text)
    values = torch.tensor(found["values"], dtype=torch.double)
    expected = targets(text)
    assert found["scores"].keys() == expected.keys()
    for what, target in expected.items():
        scores = torch.tensor(found["scores"][what], dtype=torch.double)
        torch.testing.assert_close(scores, correlations(values, target), atol=1e-6, rtol=0)


def test_the_committed_page_is_what_the_sources_build(tmp_path):
    build.build(tmp_path / "explorer.html")
    page = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    assert page == (build.REPORT / "explorer.html").read_text(encoding="utf-8"), "make explorer"


def test_the_page_needs_nothing_else_and_is_small(tmp_path):
    build.build(tmp_path / "explorer.html")
    page = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    assert len(page) <= 3.5e6
    assert "{{" not in page
    for outside in ('src="', 'rel="stylesheet"', "@import"):
        assert outside not in page


# The page of a run


DIARY = "Montag. Es regnet.\n\nDer Hund schläft, und die Katze wacht über Friedrichsdorf.\n"
CELLS = {
    "inside a word": {"cell": 2, "chosen": 0.5, "score": 0.4},
    "characters since the line break": {"cell": 5, "chosen": 0.8, "score": 0.7},
}


def make_run(folder, text, name="diary.txt", cells=CELLS):
    """The folder of a run on a text, its numbers, and the path of the text."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    network = NormDropoutLSTM(sorted(set(text)), **SIZES)
    network.facts = {"sampling": {"temperature": 0.9, "min_p": 0.02}}
    save_random(network, folder / "models" / "final")
    numbers = {"preprocessing": {"title": name}, "inside_the_network": {"cells": {"best": cells}}}
    return folder, numbers, path


def page_of(folder, numbers, path):
    """The page of a run, and the config in it."""
    build.build(folder / "explorer.html", build.of_run(folder, numbers, path))
    page = Page(folder / "explorer.html")
    return page, json.loads(page.scripts["config"])


def test_the_page_of_another_text_shows_its_network_and_says_nothing_of_plays(tmp_path):
    folder, numbers, path = make_run(tmp_path, DIARY * 200)
    page, config = page_of(folder, numbers, path)
    assert "Explorer – diary.txt, one character at a time" in page.text
    assert "learned from diary.txt" in page.text
    assert not re.search(r"shakespeare|\bplays?\b|romeo", page.text, re.IGNORECASE)

    assert config["chars"] == sorted(set(DIARY))
    assert [cell["cell"] for cell in config["cells"]] == [5, 2]  # the clearest first
    initial = config["initial"]
    assert [initial["temperature"], initial["min_p"], initial["cell"]] == [0.9, 0.02, 5]
    assert initial["text"] in Corpus.read(path).split().test.text()
    before = initial["text"][: initial["at"] + 1]
    assert before.endswith("Friedric") and before.count("Friedric") == 2  # a name comes again
    assert not initial["copies"]  # this network has no copy head

    weights = safetensors.torch.load(base64.b64decode(page.scripts["weights"]))
    expected = from_pretrained(folder / "models" / "final").half().state_dict()
    assert torch.equal(weights["linear.weight"], expected["linear.weight"])


def test_a_text_without_found_cells_has_a_page(tmp_path):
    _, config = page_of(*make_run(tmp_path, "0123456789" * 400, cells={}))
    assert config["cells"] == []
    initial = config["initial"]
    assert 0 < initial["at"] < len(initial["text"])


def test_names_and_texts_of_a_run_stay_text(tmp_path):
    name = "<b>&<script>.txt"
    lines = "</script><script>alert(1)</script><!-- {{ 7 * 7 }}\u2028\n"
    page, config = page_of(*make_run(tmp_path, (lines + DIARY) * 40, name))
    other, _ = page_of(*make_run(tmp_path, DIARY * 200))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in other.tags]
    assert f"learned from {name}" in page.text
    assert lines[:-1] in config["initial"]["text"]
