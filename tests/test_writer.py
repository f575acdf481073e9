"""The shipped model's defaults write text like the author's, on fewer texts than the course."""

import pytest
from conftest import ROOT

from course.novelty import Study, pieces
from shakespeare.data import ShakespeareDataset
from shakespeare.model import CharLSTM
from shakespeare.sampling import count_ngrams, generate

PROMPT = "CORIOLANUS:\n"


@pytest.fixture(scope="module")
def found() -> dict[str, dict]:
    """What is counted in 128 texts of 1,000 characters, and in the held-out text."""
    text = ShakespeareDataset(ROOT / "input.txt", seq_len=1)
    split, model = text.split(), CharLSTM.from_pretrained("full")
    train, held_out = text.decode(split.train.data), text.decode(split.held_out.data)
    study, ngrams = Study(train), count_ngrams(model, train)
    many = {"num_samples": 128, "seed": 1, "ngrams": ngrams}
    texts = [each.removeprefix(PROMPT) for each in generate(model, PROMPT, 1000, **many)]
    return {"written": study(texts), "author": study(pieces(held_out, 1000))}


def test_words_are_as_real_and_as_varied_as_the_authors(found):
    written, author = found["written"], found["author"]
    assert written["words"] == pytest.approx(author["words"], rel=0.015)
    assert written["distinct_words"] == pytest.approx(author["distinct_words"], rel=0.12)


def test_headings_are_well_formed_and_no_text_loops(found):
    written = found["written"]
    assert written["headings"] > 500 and written["malformed"] <= 0.015 * written["headings"]
    assert written["loops"] == 0


def test_little_is_copied_from_the_training_text(found):
    assert found["written"]["copied_share"] < 0.005
