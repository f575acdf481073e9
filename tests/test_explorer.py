"""The explorer's network against PyTorch's, in Node; the page is whole and small enough."""

import json
import shutil

import pytest
import torch

from report.explorer import build
from shakespeare.model import CharLSTM, CopyLSTM

READ = """
const read = (text) => {
  const state = network.start(), ids = Array.from(text, (c) => config.chars.indexOf(c));
  return ids.map((id) => Array.from(network.step(id, state).p));
};
console.log(JSON.stringify(texts.map(read)));
"""
without = not shutil.which("node")
needs_node = pytest.mark.skipif(without, reason="needs Node: apt-get install nodejs")


def compare(folder, texts):
    """The largest difference of log-probabilities between lstm.js and PyTorch."""
    out = build.in_node(READ, folder, *texts)
    model, worst = CharLSTM.from_pretrained(folder), 0.0
    for text, found in zip(texts, json.loads(out), strict=True):
        ids = torch.tensor([[model.chars.index(c) for c in text]])
        with torch.no_grad():
            logits, _ = model(ids)
        p = torch.tensor(found, dtype=torch.double).clamp_min(1e-9)  # as the copy head does
        worst = max(worst, (p.log() - logits[0].log_softmax(-1)).abs().max().item())
    return worst


@needs_node
def test_the_shipped_network_predicts_the_same_carried_over_two_texts(corpus):
    held_out = corpus.decode(corpus.split().held_out.data)
    assert compare(build.MODEL, [held_out[:500], held_out[-500:]]) < 1e-3


@needs_node
@pytest.mark.parametrize("layer_norm", [False, True])
def test_a_short_memory_and_layer_normalisation_are_the_same(tmp_path, layer_norm):
    torch.manual_seed(0)
    sizes = {"embedding_size": 5, "hidden_size": 7, "num_layers": 3, "layer_norm": layer_norm}
    model = CopyLSTM(list("\nabc"), copy_size=3, memory=4, **sizes)
    for weight in model.parameters():
        torch.nn.init.normal_(weight)
    model.half().save_pretrained(tmp_path)
    assert compare(tmp_path, ["ab\nacbca\nb", "c"]) < 1e-3


def test_the_committed_page_is_this_one_needs_nothing_else_and_is_small(tmp_path):
    build.build(tmp_path / "explorer.html")
    page = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    assert page == (build.REPORT / "explorer.html").read_text(encoding="utf-8"), "make explorer"
    assert len(page) <= 3.5e6 and "{{" not in page
    assert 'src="' not in page and 'rel="stylesheet"' not in page and "@import" not in page
    lines = [len(path.read_text().splitlines()) for path in build.HERE.glob("*.js")]
    assert sum(lines) <= 600
