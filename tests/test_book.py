"""The book: what a page has of a notebook, where links lead, what a text can't do to it."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT, Page
from fontTools.ttLib import TTFont
from nbformat import v4

from report import book

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="440pt" height="80pt"><path d="M5 75"/></svg>'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
HOSTILE = '</pre><script>alert(1)</script> <b id="text">bold</b> \x1b[31mred\x1b[0m'
EXERCISE = "### Exercise: Add\n\n<details><summary>Hints</summary>\n\nUse `+`.\n\n</details>"
LINKS = """
[its loss](01-first.ipynb#The-loss-of-a-name), [words](glossary.md),
[answers](solutions/01-preprocessing.ipynb), [a page](../report/explorer.html#learn),
[the appendix](../report/report.pdf#sec-appendix-Limits), [code](study/mingru.py),
[gone](09-gone.ipynb#x),
[a work](https://example.org/a?b=1&c=2)
"""


def shown(data, kind, about, **more):
    return v4.new_output("display_data", {kind: data, **more}, metadata={kind: about})


def figure(label):
    about = {"label": label, "caption": "A *line* of $x^2$.", "alt": 'A "line" up.'}
    return shown(SVG, "image/svg+xml", about)


def table():
    rows = "| name | loss |\n|:--|--:|\n| <img src=x> [click](javascript:alert(1)) | 1 |"
    return shown(rows, "text/markdown", {"label": "tbl-loss", "caption": "![](https://e.test)"})


def printed(text):
    return v4.new_output("stream", text=text)


def code(source, *outputs, tags=()):
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def prose(source, *tags):
    return v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def write_run(folder: Path) -> Path:
    """Two small notebooks, as if they had been executed."""
    first = [
        prose("# First\n\n**What is it?**"),
        code('PROFILE = "smoke"', tags=["injected-parameters"]),
        prose("## The loss of a name\n\nSee [it](#fig-up) and [this](#eq-loss)."),
        prose("$$ L = -\\log p < 1 \\label{eq-loss} $$\n\nand $\\odot$"),
        code("show(up)", figure("fig-up"), tags=["remove-input"]),
        code("show(more)", figure("fig-more"), table()),
        prose(EXERCISE, "exercise"),
        code("def add(a, b):\n    return a + b", printed("[PASS] add"), tags=["exercise"]),
        code("print(text)", printed(HOSTILE)),
        code("plt.plot()", shown(PNG, "image/png", {}, **{"text/plain": "<Figure>"})),
        code("answer()", shown("**This run.** It is `1`.", "text/markdown", {}), tags=["answer"]),
    ]
    verse = shown(HOSTILE, "text/plain", {"label": "txt-own", "caption": HOSTILE})
    second = [prose("# Second\n\n**And then?**"), prose(LINKS), code("write()", verse)]
    for name, cells in (("01-first", first), ("02-second", second)):
        nbformat.write(v4.new_notebook(cells=cells), folder / f"{name}.ipynb")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    explorer = folder / "explorer.html"
    explorer.write_text("<p>An explorer.</p>")
    book.write_book(write_run(folder), folder / "book", [explorer])
    return folder / "book"


@pytest.fixture(scope="module")
def first(made) -> str:
    return (made / "01-first.html").read_text(encoding="utf-8")


def test_the_contents_have_each_question_and_what_the_run_found(made):
    contents = Page(made / "index.html")
    assert "First What is it? What this run found It is 1. Second And then?" in contents.text
    links = [about["href"] for tag, about in contents.tags if tag == "a"]
    assert {"01-first.html", "02-second.html", "glossary.html", "explorer.html"} <= set(links)
    assert "report.pdf" not in links  # it isn't there


def test_a_page_has_each_cell_and_the_sections_in_its_navigation(made, first):
    text = Page(made / "01-first.html").text
    for words in ("show(up)", "show(more)", "print(text)", "return a + b", "[PASS] add", "Use +."):
        assert text.count(words) == 1, words
    assert 'PROFILE = "smoke"' not in text  # the notebook's own cell says it
    assert '<li><a href="#The-loss-of-a-name">The loss of a name</a></li>' in first
    assert 'rel="next" href="02-second.html"' in first
    assert f'src="data:image/png;base64,{PNG}"' in first


def test_figures_tables_texts_and_equations_have_a_number_a_caption_and_an_id(made, first):
    captions = re.findall(r'<figure[^>]*id="(.*?)">.*?<b>(.*?)</b>', first, re.DOTALL)
    captions += re.findall(r'"equation" id="(.*?)">.*?\((.*?)\)</span>', first, re.DOTALL)
    assert captions == [
        ("fig-up", "Figure 1.1."),
        ("fig-more", "Figure 1.2."),
        ("tbl-loss", "Table 1.1."),
        ("eq-loss", "1.1"),
    ]
    assert "A <em>line</em> of <math" in first
    images = [about for tag, about in Page(made / "01-first.html").tags if tag == "img"]
    assert images[0]["alt"] == 'A "line" up.'
    assert (made / images[0]["src"]).read_text() == SVG
    second = (made / "02-second.html").read_text(encoding="utf-8")
    assert "<b>Text 2.1.</b>" in second


def test_a_solution_is_folded_with_what_its_check_says(first):
    [solution] = re.findall(r'<details class="solution">(.*?)</details>', first, re.DOTALL)
    assert "<summary>A solution</summary>" in solution and "[PASS] add" in solution
    [aside] = re.findall(r'<details class="aside">(.*?)</details>', first, re.DOTALL)
    assert "show" in aside and "<figure" not in aside


def test_links_lead_to_pages_and_become_words_where_nothing_is(made):
    second = (made / "02-second.html").read_text(encoding="utf-8")
    content = second.partition("<main")[2].partition("</main>")[0]
    assert dict(re.findall(r'<a href="(.*?)">(.*?)</a>', content)) == {
        "01-first.html#The-loss-of-a-name": "its loss",
        "glossary.html": "words",
        "solutions-01-preprocessing.html": "answers",
        "explorer.html#learn": "a page",
        "https://example.org/a?b=1&amp;c=2": "a work",
    }
    assert "the appendix, code,\ngone," in content


def test_what_a_text_has_stays_text(made):
    for name in ("01-first", "02-second"):
        page = Page(made / f"{name}.html")
        assert "</pre><script>alert(1)</script> <b" in page.text
        assert [about.get("src") for tag, about in page.tags if tag == "script"] == [
            "search.js",
            "book.js",
        ]
        wrong = [about for _, about in page.tags if "javascript:" in str(about)]
        assert not wrong and "e.test" not in str(page.tags)
        assert [about["id"] for _, about in page.tags if about.get("id") == "text"] == ["text"]


def test_a_chapter_leads_to_colab_where_the_repository_has_an_address(monkeypatch, tmp_path):
    monkeypatch.setattr(book, "repository", lambda: "https://github.com/us/course")
    book.write_book(write_run(tmp_path), tmp_path / "book", [])
    page = (tmp_path / "book" / "01-first.html").read_text(encoding="utf-8")
    colab = "https://colab.research.google.com/github/us/course/blob/main/notebooks/01-first.ipynb"
    assert colab in page
    assert "https://github.com/us/course/raw/main/notebooks/01-first.ipynb" in page


def test_a_book_that_fails_leaves_the_old_one(tmp_path):
    out = tmp_path / "book"
    out.mkdir()
    (out / "index.html").write_text("an old one")
    (tmp_path / "01-first.ipynb").write_text("{damaged")
    command = [sys.executable, "-m", "report.book", str(tmp_path), str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.startswith("No book: ")
    assert "Traceback" not in done.stderr
    assert (out / "index.html").read_text() == "an old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01-first.ipynb", "book"]


def test_the_published_notebooks_make_a_book_without_pytorch(tmp_path):
    """As pages.yml makes it, and each character of a formula is in the font that it has."""
    blocked = "import sys; sys.modules['torch'] = sys.modules['typst'] = None; "
    run = "import runpy; runpy.run_module('report.book', run_name='__main__')"
    command = [sys.executable, "-c", blocked + run, "report/notebooks", str(tmp_path / "book")]
    subprocess.run(command, cwd=ROOT, check=True)
    letters = set()
    for path in (tmp_path / "book").glob("*.html"):
        letters |= letters_of_formulas(path.read_text(encoding="utf-8"))
    assert len(letters) > 50
    assert not letters - TTFont(tmp_path / "book" / "math.woff").getBestCmap().keys()


def letters_of_formulas(html: str) -> set[int]:
    """The characters that a browser needs to show the formulas of a page."""
    found = set()
    for formula in re.findall(r"<math.*?</math>", html, re.DOTALL):
        formula = re.sub(r"<annotation.*?</annotation>", "", formula, flags=re.DOTALL)
        for letter in re.findall(r"<mi>(.)</mi>", formula):
            found.add(italic(letter))
        formula = re.sub(r"<mi>.</mi>", "", formula)
        found |= {ord(letter) for letter in book.plain(formula) if not letter.isspace()}
    return found


def italic(letter: str) -> int:
    """The character in whose place a browser shows a variable: 𝑥 for x."""
    for first, last, shown in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("α", "ω", 0x1D6FC)):
        if first <= letter <= last and letter != "h":
            return shown + ord(letter) - ord(first)
    return 0x210E if letter == "h" else ord(letter)
