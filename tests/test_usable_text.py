"""A text that the course can't use is refused in one sentence, before anything is computed."""

import pytest

from course.usable_text import SHORTEST, check_text
from shakespeare.data import Corpus

PROSE = "One can't have too many of the same words in a row, or it isn't prose any more. "
LOG = '10.0.0.7 - - [14/Mar/2024:09:12:44 +0000] "GET /img/logo.png HTTP/1.1" 200 23262 "-"\n'
THAI = "แมวกินข้าว หมาเห็นดอกไม้ทุกวัน\nครูอ่านหนังสือที่โรงเรียน เด็กเล่นเรือ\n"
SPEECHES = "ANNA:\nGood morrow, neighbour.\n\nBEN:\nGood morrow.\n\n"
TABLE = "12,20.15,1003.4,55\n13,21.02,998.7,54\n"


def words(count: int) -> str:
    """Words of two letters, no two characters of which recur together."""
    return "".join(f"{chr(0x4E00 + k)}{chr(0x6E00 + k)} " for k in range(count))


@pytest.fixture
def corpus(write):
    """Read a text as notebook 01 does."""

    def corpus(text: str) -> Corpus:
        return Corpus.read(write(text, "some.txt"))

    return corpus


@pytest.mark.parametrize("line", [SPEECHES, PROSE, LOG, THAI, "dog\n", "acgtt\n" * 9])
def test_ordinary_texts_are_suitable(corpus, line):
    check_text(corpus((line * SHORTEST)[:SHORTEST]))


REFUSED = {
    "short": (PROSE * 60, ["some.txt has 4,800 characters", "5,140", "use a longer text"]),
    "one word": ("acgt" * 2_000, ["hardly any words", "training part", "shakespeare train"]),
    "table": (
        "time, temperature, pressure\n" + TABLE * 200,
        ["hardly any words", "validation part of some.txt", "shakespeare train"],
    ),
    "words end": (PROSE * 95 + TABLE * 12, ["hardly any words", "test part of some.txt"]),
    "few spaces": (
        ("on and on " + "acgt" * 100) * 30,
        ["too few words, lines and sentences", "shakespeare train"],
    ),
    "nothing returns": (PROSE * 100 + words(140), ["give another text"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_is_refused_with_the_reason(corpus, refuses, name):
    text, said = REFUSED[name]
    with refuses(*said):
        check_text(corpus(text))
