"""A text in another script goes the whole way: 2,000 characters, emoji, CRLF lines, no speakers."""

import random

from conftest import SMOKE, Page, clone, make
from pypdf import PdfReader


def corpus() -> str:
    rng = random.Random(1)
    first = 0x4E00  # of the Chinese characters
    words = []
    for k in range(2_000):
        words.append(chr(first + k) + chr(first + rng.randrange(2_000)))
    words += ["e\u0301", "🙂", "👩‍🚀", "नि", "٣"]
    lines = ["".join(rng.choices(words, k=8)) + "。" for _ in range(1_800)]
    return "\r\n".join(lines)


def test_the_whole_course_and_a_sample(tmp_path):
    folder = clone(tmp_path / "course")
    given = (SMOKE, "TEXT=三國.txt")
    (folder / "三國.txt").write_text(corpus(), encoding="utf-8", newline="")
    done = make(folder, "pages", *given)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    [build] = folder.glob("build/smoke-三國-*")
    page = Page(build / "pages" / "01-preprocessing.html").text
    assert corpus()[:30].replace("\r\n", " ") in page and "n-gram" in page
    assert len(PdfReader(build / "shakespeare-lstm.pdf").pages) > 5

    said = make(folder, "sample", *given, "PROMPT=一")
    assert said.returncode == 0 and said.stdout.startswith("一") and len(said.stdout) > 400
    refused = make(folder, "sample", *given, "PROMPT=ROMEO")
    assert refused.returncode != 0 and "'R'" in refused.stderr
