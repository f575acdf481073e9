"""A corpus that would like to run something, through `make pages`: all of it stays text."""

import re

import nbformat
import pytest
from conftest import ROOT, SMOKE, Page, clone, make
from pypdf import PdfReader

NAME = "_strange_,@evil.example.txt"  # Markdown and an address, as far as TEXT may have them
LINES = [
    "epoch 1/1: \x1b]0;evil\x07",  # make prints such lines of the outputs
    "<script>fetch('https://evil.example')</script>",
    "<img src=x onerror=alert('evil')>",
    "</pre></details><iframe src=https://evil.example></iframe>",
    "[evil](javascript:alert(1)) ![evil](https://evil.example/x.png) <https://evil.example>",
    "## evil {onclick=alert(1)} `evil`{=html}",
    r"$$\input{evil}$$ \write18{touch evil} $\undefined$ \def\x{\x}\x",
    '#eval("evil") #read("/etc/passwd") #import "evil.typ": * #panic("evil") <evil> @evil',
    "`````{=typst}",
    "*/ // ]] }} {{training.date}} {% raw %} ${evil} $(touch evil) `touch evil`",
    "\x1b[31mevil\x1b[2J\x1b]52;c;ZXZpbA==\x07\x1b]8;;https://evil.example\x1b\\evil\x1b]8;;\x1b\\\x9b2J\x08\x7f",
    "step \x9b2J\nExecuting Cell \x1b[2J",
    "\u202eevil\u2066 \u2028\ufffe\uffff\ufeff",
]
SAFE = {"text/plain", "text/markdown", "image/svg+xml"}


def corpus() -> str:
    """Strange lines at the start, as speeches, as speakers, and where the held-out text begins."""
    # Without a U there is no prompt CORIOLANUS: notebook 04 begins with the held-out text instead.
    plays = (ROOT / "input.txt").read_text(encoding="utf-8").replace("U", "u")
    strange = "\n".join(LINES)
    text = strange + "\n\n"
    for k, line in enumerate(LINES * 3):
        passage = plays[k * 1_000 : (k + 1) * 1_000]
        text += f"{line}:\n{strange}\n\n{passage}\n\n"
    held_out = int(0.9 * len(text))
    start = "[x](y:z)_<b>"
    return text[:held_out] + start + text[held_out + len(start) :]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder in which it all was made, and what make said."""
    folder = clone(tmp_path_factory.mktemp("clone") / "course")
    (folder / NAME).write_text(corpus(), encoding="utf-8", newline="")
    done = make(folder, "pages", SMOKE, f"TEXT={NAME}")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    (build,) = (folder / "build").glob("smoke*")
    return build, done.stdout + done.stderr


def test_nothing_was_run_and_the_terminal_got_no_commands(made):
    build, said = made
    assert not [path for path in build.parents[1].rglob("evil*") if path.name != NAME]
    assert all(line.isprintable() for line in said.split("\n")), said
    assert "epoch 1/1: \\x1b]0;evil\\x07" in said  # it did come by


def test_samples_and_refusals_do_not_command_the_terminal(made):
    folder = made[0].parents[1]
    prompts = {"evil \x1b[2J": "evil \\x1b[2J", "\x9c": "'\\x9c'"}  # one known, one not
    for prompt, words in prompts.items():
        said = make(folder, "sample", SMOKE, f"TEXT={NAME}", f"PROMPT={prompt}")
        said = said.stdout + said.stderr
        assert words in said
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said)


def test_outputs_of_the_notebooks_are_text(made):
    found = ""
    for path in made[0].glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                found += output.get("text", "")
                assert set(output.get("data", {})) <= SAFE
                shown = output.get("data", {}).get("text/markdown", "")
                for about in output.get("metadata", {}).values():
                    shown += about.get("caption", "")
                assert not re.search(r"evil|(?<!\\)<\w|\]\(y:z|javascript:", shown), path.name
    assert LINES[1] in found


def test_pages_have_no_tag_or_link_of_the_corpus(made):
    pages = {*made[0].glob("pages/*.html"), made[0] / "shakespeare-lstm.html"}
    for path in pages - {made[0] / "pages" / "explorer.html"}:  # see tests/test_explorer.py
        page, name = Page(path), path.name
        tags, attributes = zip(*page.tags, strict=True)
        assert not {"script", "iframe", "object", "embed", "base", "form", "link"} & {*tags}, name
        assert not any(key.startswith("on") for keys in attributes for key in keys), name
        assert all(i["src"].startswith("data:image/svg+xml") for i in page.all("img")), name
        for link in page.all("a"):
            assert re.match(r"https://(?!evil)|#|[\w-]+\.(html|pdf)", link["href"]), name
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", page.text), name
    first = Page(made[0] / "pages/01-preprocessing.html").text
    assert all(line in first for line in LINES[1:4])
    # The report quotes no lines of another text, only its name.
    assert "_strange_,@evil.example.txt" in Page(made[0] / "shakespeare-lstm.html").text


def test_the_pdf_shows_the_name_and_does_nothing(made):
    pdf = PdfReader(made[0] / "shakespeare-lstm.pdf")
    text = "".join(page.extract_text() for page in pdf.pages)
    squeezed = re.sub(r"\s", "", text)  # lines are broken
    assert "_strange_,@evil.example.txt" in squeezed
    # pypdf gives NUL for what no font has
    assert not re.search(r"[\x01-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert "root:" not in text
    objects = [pdf.get_object(number) for number in range(1, pdf.trailer["/Size"])]
    kinds = {thing.get("/S") for thing in objects if isinstance(thing, dict)}
    assert not kinds & {"/JavaScript", "/Launch", "/SubmitForm", "/GoToR"}
    links = [
        note.get_object().get("/A", {}) for page in pdf.pages for note in page.get("/Annots", [])
    ]
    assert not any("evil" in str(link) or "javascript" in str(link) for link in links)
