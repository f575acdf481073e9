"""The page's network, reader and sampling, in Node; what they have to give is in expected/."""

import json
from pathlib import Path

import pytest
import torch

from shakespeare.pretrained import SHIPPED
from shakespeare.sampling import probabilities

SMALL = SHIPPED / "small"
EXPECTED = Path(__file__).resolve().parent / "expected"  # tests/test_expected.py writes it
READ = """
  const [path] = texts;
  const { text } = JSON.parse(fs.readFileSync(path, "utf8"));
  const tensors = readTensors(bytes, shapesOf(config));
  const networks = { whole: network };
  if (config.copy_size) networks.without = withoutCopying({ config, tensors });
  const found = {};
  for (const [name, used] of Object.entries(networks)) {
    const reader = new Reader(used);
    for (const character of text) reader.read(character);
    found[name] = { bits: reader.surprisals.slice(1), copied: reader.copied.slice(1) };
  }
  return found;"""


@pytest.mark.parametrize("name", ["plain", "layer-norm", "copying", "small"])
def test_every_kind_of_network_predicts_and_copies_as_pytorch_does(node, name):
    if name == "small":
        folder, path = SMALL, EXPECTED / "small.json"
    else:
        folder, path = EXPECTED / name, EXPECTED / name / "expected.json"
    expected = json.loads(path.read_text(encoding="utf-8"))
    found = node.in_node(READ, folder, str(path))
    assert found["whole"]["bits"] == pytest.approx(expected["bits"], abs=2e-3)
    assert ("without" in found) == ("without" in expected)
    if "without" in found:
        assert found["whole"]["copied"] == pytest.approx(expected["copied"], abs=2e-3)
        assert found["without"]["bits"] == pytest.approx(expected["without"], abs=2e-3)


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
    found = torch.tensor(node.in_node(draw_by, SMALL), dtype=torch.float)
    torch.testing.assert_close(found, probabilities(p.log(), **options), atol=1e-6, rtol=0)


def test_each_character_is_drawn_as_often_as_its_probability_says(node):
    draw = "return [0, 0.01, 0.3, 0.7, 0.95].map((u) => draw([0.02, 0.5, 0.08, 0.3, 0.1], u));"
    assert node.in_node(draw, SMALL) == [0, 0, 1, 3, 4]


def test_a_changed_text_reads_like_a_new_one(node):
    """A text is read up to a change again from a snapshot, and gives what a new reader gives."""
    code = """
      const [text, changed] = texts.map((each) => Array.from(each));
      const reader = new Reader(network);
      for (const character of text) reader.read(character);
      reader.rewind(40); // the texts are the same up to here
      const kept = reader.text.length;
      for (const character of changed.slice(kept)) reader.read(character);
      const newReader = new Reader(network);
      for (const character of changed) newReader.read(character);
      const found = ({ surprisals, positions }) => [surprisals, positions];
      const results = [reader, newReader].map((each) => [...found(each), explain(each, 67)]);
      return { kept, results };"""
    same = "First Citizen:\nBefore we proceed any further"[:40]
    texts = [same + ", hear me speak. Speak, speak.\n", same + " – listen to me. Speak, speak.\n"]
    found = node.in_node(code, SMALL, *texts)
    reader, new_reader = found["results"]
    assert 0 < found["kept"] <= 40
    assert reader == new_reader
    surprisals, _, explained = reader
    assert surprisals[41] is None  # the network never saw the dash
    assert explained["p"] == pytest.approx(2 ** -surprisals[67])
    assert 60 in [source["at"] for source in explained["sources"]]  # the same letter before


def test_what_a_cell_follows_is_scored_as_in_the_course(node):
    expected = json.loads((EXPECTED / "targets.json").read_text(encoding="utf-8"))
    code = """
      const reader = new Reader(network);
      for (const character of texts[0]) reader.read(character);
      const values = reader.cells.map((row) => Array.from(row));
      const scores = {};
      for (const what of Object.keys(TARGETS)) scores[what] = scoreCells(reader, what);
      return { scores, values };"""
    found = node.in_node(code, SMALL, expected["text"])
    values = torch.tensor(found["values"], dtype=torch.double)  # (characters, cells)
    assert found["scores"].keys() == {*expected["targets"], "inside quotation marks"}
    for what, target in expected["targets"].items():
        both = torch.cat([values.T, torch.tensor([target], dtype=torch.double)])
        correlations = torch.corrcoef(both)[-1, :-1].nan_to_num()  # (cells,)
        scores = torch.tensor(found["scores"][what], dtype=torch.double)
        torch.testing.assert_close(scores, correlations, atol=1e-6, rtol=0)
    assert max(map(abs, found["scores"]["inside quotation marks"])) > 0.1


def test_a_surprise_is_never_below_zero(node):
    certain = node.in_node("return [1, 1 + 1e-7].map((p) => surprisal(p).toFixed(1));", SMALL)
    assert certain == ["0.0", "0.0"]
