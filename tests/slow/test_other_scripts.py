"""A text in another script goes the whole way: more than 256 characters, emoji, combining ones, CRLF lines."""

import random

import pytest
from pypdf import PdfReader
from test_pipeline import clone, execute, make
from test_render import Page

NAMES = ("曹操", "劉備", "e\u0301mile", "😀王")


def corpus() -> str:
    rng = random.Random(1)
    words = [chr(0x4E00 + rng.randrange(2_000)) + chr(0x4E00 + rng.randrange(2_000)) for _ in range(300)]
    words += ["e\u0301", "🙂", "👩‍🚀", "नि", "٣"]
    speeches = []
    while sum(map(len, speeches)) < 30_000:
        lines = ["".join(rng.choices(words, k=8)) + "。" for _ in range(rng.randrange(1, 5))]
        speeches.append("\r\n".join([f"{rng.choice(NAMES)}:", *lines, "", ""]))
    return "".join(speeches)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = clone(tmp_path_factory.mktemp("clone") / "course")
    (folder / "三國.txt").write_text(corpus(), encoding="utf-8", newline="")
    done = make(folder, "pages", "PROFILE=smoke", "TEXT=三國.txt")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder


def test_the_whole_course(course):
    build = course / "build" / "smoke-三國.txt"
    assert len(set(corpus())) > 256
    page = Page(build / "pages" / "01-preprocessing.html").text
    assert corpus()[:20].replace("\r\n", " ") in page
    assert len(PdfReader(build / "shakespeare-lstm.pdf").pages) > 5


def test_samples_and_prompts(course):
    given = "PROFILE=smoke", "TEXT=三國.txt"
    said = make(course, "sample", *given, "PROMPT=曹操:")
    assert said.returncode == 0 and said.stdout.startswith("曹操:") and len(said.stdout) > 100
    for prompt, words in [("曹操é", "'é'"), ("", "empty")]:  # a prompt of one's own is never replaced
        done = execute(course, "04-generation", *given, f"PROMPT={prompt}")
        assert done.returncode == 1 and "InputError" in done.stderr and words in done.stderr
        assert "Traceback" not in done.stderr
