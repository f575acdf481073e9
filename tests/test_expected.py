"""What the page is to compute: tests/page/expected, which a test of the page reads.

    PYTHONPATH=.:notebooks:tests python tests/test_expected.py

writes it again. Course and page know of each other only by these files.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import ROOT, save_random

from shakespeare.beyond.copying import CopyLSTM, WithCopyHead, copies_before
from shakespeare.beyond.norm_dropout import NormDropoutLSTM
from shakespeare.data import Corpus, encode
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.files import read_text
from shakespeare.model import CharLSTM
from shakespeare.pretrained import from_pretrained
from study.cells import targets, without_copies

EXPECTED = ROOT / "tests" / "page" / "expected"
SIZES = {"embedding_size": 5, "hidden_size": 7, "num_layers": 3}
# The page is a room that may be missing.
pytestmark = pytest.mark.skipif(not EXPECTED.exists(), reason="there is no page")
TINY = {
    "plain": lambda: CharLSTM(list("\nabc"), **SIZES),
    "layer-norm": lambda: NormDropoutLSTM(list("\nabc"), **SIZES, layer_norm=True),
    "copying": lambda: CopyLSTM(list("\nabc"), copy_size=3, memory=4, **SIZES, layer_norm=True),
}
FOLLOWED = "ROMEO:\n“Ah” – me! Is't so?\n\nFIRST 2ND LORD:\nGo, 😀 go.\n"  # by cells


@torch.no_grad()
def of_network(network: CharLSTM, text: str) -> dict[str, Any]:
    """Of each character its surprise in bits, the share that was copied, and without copying."""
    part = Corpus(encode(text, network.chars), network.chars, "text")
    ids = part.ids.long()

    def bits(used: CharLSTM) -> torch.Tensor:
        return losses_of(carried_predictions(used, part), part) / math.log(2)  # (characters - 1,)

    found = {"text": text, "bits": bits(network)}
    if isinstance(network, WithCopyHead):
        copies = (copies_before(network, ids[None])[0] * (ids[:, None] == ids)).sum(1)[1:]
        found["copied"] = copies * 2 ** found["bits"]
        found["without"] = bits(without_copies(network))
    return {name: rounded(value) for name, value in found.items()}


def rounded(value: Any) -> Any:
    return value if isinstance(value, str) else [round(each, 4) for each in value.tolist()]


def expected() -> dict[Path, dict[str, Any]]:
    """The content of each file."""
    text = read_text(ROOT / "input.txt")
    start = len(text) * 9 // 10
    found = {
        EXPECTED / "small.json": of_network(from_pretrained("small"), text[start : start + 500])
    }
    for name in TINY:
        network = from_pretrained(EXPECTED / name)
        found[EXPECTED / name / "expected.json"] = of_network(network, "ab\nacbca\nb")
    of_cells = {name: target.tolist() for name, target in targets(FOLLOWED).items()}
    found[EXPECTED / "targets.json"] = {"text": FOLLOWED, "targets": of_cells}
    return found


def test_the_page_is_told_what_the_course_computes():
    for path, content in expected().items():
        written = json.loads(path.read_text(encoding="utf-8"))
        assert written.keys() == content.keys()
        for name, values in content.items():
            if isinstance(values, list):
                assert written[name] == pytest.approx(values, abs=2e-3), path
            else:
                assert written[name] == values, path


def write_all() -> None:
    for name, make in TINY.items():
        if not (EXPECTED / name).exists():
            save_random(make(), EXPECTED / name)
    for path, content in expected().items():
        path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_all()
