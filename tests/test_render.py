"""The renderer, on a small course made here: what stands in the report and on the pages, and what is refused."""

import contextlib
import io
import json
import re
import sys
from html.parser import HTMLParser
from unittest import mock

import nbformat
import pytest
from nbformat import v4
from pypdf import PdfReader

from report import pages, render

NAMES = ("01-preprocessing", "02-lstm-equations", "03-training", "04-generation")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="440pt" height="80pt" viewBox="0 0 440 80">'
    '<path d="M5 75 L150 20 L435 40" stroke="#0072B2" stroke-width="2" fill="none"/></svg>'
)
EXERCISES = """## Exercises

<details><summary>Hints & *more*</summary>

- Count. <details> is a tag.

</details>

See [the solution](solutions/03-training.ipynb), [why](02-lstm-equations.ipynb#Summary),
the [glossary](glossary.md)."""
METRICS = {
    "training": {
        "profile": "smoke",
        "date": "2025-03-09",
        "versions": "Python 3.11.2, torch 2.6.0, 2 threads",
        "carried": {"held_out": 1.46789},
        "word": "*not* $emphasis$",
        "nothing": None,
        "runs": [{"loss": 2.5}],
        "settings": {"hidden_size": 224, "limit_batches": None},
    }
}
PROSE = {
    "abstract": "It reaches **{{training.carried.held_out:.3f}}** nats a character.\n",
    "introduction": "# Introduction\n\nSee [the curve](#fig-curve) and [training](03-training.ipynb).\n",
    "conclusion": "# Conclusion\n\nThe word is {{training.word}} and the loss {{training.runs.0.loss}}, "
    "not {{training.nothing:.3f}}.\n",
    "appendix": "# Settings\n\nThey stand in [a table](#tbl-all-settings).\n",
}
HOSTILE = [
    '#panic("x") @fig-none <fig-curve>',
    "</pre><b>bold</b>",
    r"$\undefined \include{x}$",
    "```",
    "````{=typst}",
    "*/ // ]",
    r"\write18{id} \input{x} $$x$$ #eval(1) #read(1) #import",
    "[a](javascript:alert(1)){onclick=alert(1)} ![b](https://evil.example/b)",
]
# Markdown from a notebook: what an attribute or a link could do in a browser.
STRANGE = """[page](https://example.org/y){onclick=alert(1)} [x](javascript:alert(1)//x.pdf) [x](JaVaScRiPt:x.pdf)
[x][ref]
[x](data:text/html,x) [x](file:///etc/passwd) [x](//evil.example/x.pdf) [x](../x.pdf) <javascript:alert(3)>
[span]{onmouseover=alert(4)} `code`{onclick=alert(5)} https://evil.example/bare

### Strange {onclick=alert(6)}

``` {.x onclick=alert(7)}
code
```

::: {onclick=alert(8)}
division
:::

[ref]: javascript:alert(9)
"""


def figure(
    label="fig-curve", caption="The $x^2$ of [Graves, 2013](https://arxiv.org/abs/1308.0850).", alt='A "line" \\ up.'
):
    about = {key: value for key, value in {"label": label, "caption": caption, "alt": alt}.items() if value}
    data = {"image/svg+xml": SVG, "text/plain": "alt"}
    return v4.new_output("display_data", data, metadata={"image/svg+xml": about})


def prose_output(text, **about):
    return v4.new_output("display_data", {"text/markdown": text}, metadata={"text/markdown": about} if about else {})


def code(source="x = 1", outputs=(), tags=()):
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)}, id=f"c{abs(hash(source))}")


@pytest.fixture
def course(tmp_path):
    """A folder of four executed notebooks, metrics and prose; `write` adds cells to the third one."""
    for name, text in PROSE.items():
        (tmp_path / f"{name}.md").write_text(text)
    (tmp_path / "metrics.json").write_text(json.dumps(METRICS))
    for name in NAMES:
        write(tmp_path, name, [])
    return tmp_path


def write(folder, name, cells):
    title = v4.new_markdown_cell(f"# {name[3:].capitalize()}\nYou will\n- learn", id="title")
    summary = v4.new_markdown_cell("## Summary\n\nThe end.", id="summary")
    nbformat.write(v4.new_notebook(cells=[title, *cells, summary]), folder / f"{name}.ipynb")


def write_good(folder):
    table = "| name | loss |\n|:--|--:|\n| ours ([Al-Rfou et al., 2019](https://arxiv.org/abs/1808.04444)) | 1.25 |"
    table += "\n| <img src=x onerror=alert(1)> | [click](javascript:alert(2)) |"
    cells = [
        v4.new_markdown_cell(
            "## Losses\n\nIn [the table](#tbl-loss) and [the equation](#eq-loss) "
            "([Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)),\n"
            r"$$ L = \odot \langle x \rangle \label{eq-loss} $$"
            "\n\nsee [Karpathy's code](https://github.com/karpathy/nanoGPT) and [a page](https://example.org).",
            id="text",
        ),
        code("injected = 1", tags=["injected-parameters"]),
        code("hidden_source = 1", [figure()], tags=["remove-input"]),
        code("hidden_output = 1", [v4.new_output("stream", text="a training log")], tags=["remove-output"]),
        code("whole_cell = 1", tags=["remove-cell"]),
        code("small_step = 1", [v4.new_output("stream", text="a small step")], tags=["course-only"]),
        code(
            "print('shown')",
            [
                v4.new_output("stream", text="\x1b[31mred words\x1b[0m \x1b]8;;https://evil.example\x1b\\a link\n"),
                v4.new_output("stream", text="\x1b]52;c;ZXZpbA==\x07 \x9b2J \x08\x7f\u202efdp.\n"),
                prose_output(STRANGE),
                v4.new_output("stream", text="\n".join(HOSTILE) + "\n" + "w" * 300 + "\n"),
                v4.new_output("execute_result", {"text/plain": "#let y = [*"}),
                prose_output(table, label="tbl-loss", caption="Losses in *nats*."),
                prose_output("**Table.** Losses.", role="caption"),
                prose_output('The run took **90** seconds <script>x</script> `#panic("y")`{=typst}.'),
            ],
        ),
        v4.new_markdown_cell("## Where it fails\n\nSometimes.", id="fails", metadata={"tags": ["section-analysis"]}),
        v4.new_markdown_cell("## In short\n\nA summary.", id="short", metadata={"tags": ["course-only"]}),
        v4.new_markdown_cell(EXERCISES, id="exercises"),
        v4.new_markdown_cell("### The first\n\nThink.", id="first"),
    ]
    write(folder, "03-training", cells)
    more = [
        v4.new_markdown_cell(
            "## And when\n\nOften, by [the equation](#eq-loss).", id="when", metadata={"tags": ["section-analysis"]}
        )
    ]
    write(folder, "04-generation", more)


def make(module, command):
    """Run a command in this process, which saves seconds; gives its status and what it says on stderr."""
    said = io.StringIO()
    with mock.patch.object(sys, "argv", [str(word) for word in command]), contextlib.redirect_stderr(said):
        return module.main(), said.getvalue()


def make_report(folder, out="report.pdf"):
    return make(render, ["x", "--build", folder, "--profile", "smoke", "--out", folder / out, "--prose", folder])


def make_pages(folder):
    places = ["--report", folder / "shakespeare-lstm.pdf", "--out", folder / "pages", "--sources", folder]
    return make(pages, ["x", "--build", folder, *places])


def pdf_text(folder):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(folder / "report.pdf").pages).split())


class Page(HTMLParser):
    """An HTML file: its tags with their attributes, and its text."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words, self.ids = [], [], []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def text(course):
    write_good(course)
    assert make_report(course) == (0, "")
    return pdf_text(course)


@pytest.fixture
def page(course, text):
    return Page(course / "report.html")


@pytest.fixture
def site(course):
    """The course's pages, by name."""
    write_good(course)
    (course / "solutions").mkdir()
    solution = v4.new_notebook(cells=[v4.new_markdown_cell("# Solutions: [Training](../03-training.ipynb)", id="a")])
    nbformat.write(solution, course / "solutions" / "03-training.ipynb")
    (course / "glossary.md").write_text("# Glossary\n\n**nat**: a unit of loss.\n")
    assert make_report(course, "shakespeare-lstm.pdf") == (0, "")
    assert make_pages(course) == (0, "")
    return {path.stem: Page(path) for path in (course / "pages").glob("*.html")}


def test_the_report_has_titles_numbers_references_and_citations(text):
    assert "Shakespeare, one character at a time" in text
    assert "9 March 2025" in text and "torch 2.6.0" in text
    assert "1.468 nats" in text
    assert "Lstm-equations" in text and "Losses" in text and "Summary" in text
    assert "See Figure 1 and Section 4" in text
    assert "In Table 1 and Equation 1 (Hochreiter and Schmidhuber 1997)" in text
    assert "Karpathy’s code (Karpathy 2022)" in text
    assert "Figure 1. The" in text and "of Graves 2013." in text
    assert "Table 1. Losses in nats." in text and "ours (Al-Rfou et al. 2019)" in text
    assert "References" in text and "Long Short-Term Memory" in text
    assert "Finding Structure" not in text  # Elman is not cited
    assert "The word is *not* $emphasis$ and the loss 2.5, not –." in text
    assert "took 90 seconds" in text and "Table. Losses." not in text
    assert "They stand in Table 3." in text and "hidden size 224 limit batches None" in text and "threads 2" in text


def test_the_html_report_says_what_the_pdf_says(text, page):
    assert "See Figure 1 and Section 4" in page.text
    assert "In Table 1 and Equation 1 (Hochreiter and Schmidhuber 1997)" in page.text
    for words in ("9 March 2025", "1.468 nats", "Karpathy’s code (Karpathy 2022)", "Table 1. Losses in nats.", "(1)"):
        assert words in page.text
    assert "5.2 And when" in page.text and "A Settings" in page.text
    assert "They stand in Table 3." in page.text and "Finding Structure" not in page.text
    targets = [link["href"] for link in page.all("a") if link["href"].startswith("#")]
    assert {"#fig-curve", "#sec-training", "#tbl-loss", "#eq-loss", "#ref-graves2013"} <= set(targets)
    assert {target[1:] for target in targets} <= set(page.ids) and len(set(page.ids)) == len(page.ids)


def test_html_files_need_nothing_and_run_nothing(site):
    for name, page in site.items():
        source = [a.get("src", "") for _, a in page.tags] + [a["href"] for a in page.all("link") if "href" in a]
        assert all(not s or s.startswith("data:image/svg+xml;base64,") for s in source), name
        assert not {"script", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}, name
        assert not any(key.startswith("on") for _, attributes in page.tags for key in attributes), name
        targets = {link["href"] for link in page.all("a")} - {"https://example.org/y"}
        assert not any("evil" in target or "example.org/y" in target for target in targets), name
        assert all(re.match(r"https://|#|[\w-]+\.(html|pdf)(#|$)", target) for target in targets), name
        assert len(page.all("html")) == 1 and page.all("html")[0]["lang"] == "en-GB"


def test_figures_have_alt_texts_in_html_and_tables_are_tables(site):
    for name in ("03-training", "shakespeare-lstm"):
        assert [image["alt"] for image in site[name].all("img")] == ['A "line" \\ up.']
        assert site[name].all("table") and site[name].all("math")
    assert all(image.get("alt", "").strip() for page in site.values() for image in page.all("img"))


def test_tags_hide_what_they_say(text, page):
    for words in ("red words", "5 Analysis", "Sometimes.", "Often, by Equation 1."):
        assert words in text and words in page.text
    assert text.count("5 Analysis") == 2  # in the contents, and once as a heading
    for hidden in ("injected", "hidden_source", "hidden_output", "training log", "whole_cell", "print('shown')"):
        assert hidden not in text and hidden not in page.text
    for left_out in ("small step", "In short", "Exercises", "Hints", "Think."):
        assert left_out not in text and left_out not in page.text
    assert text.index("Often") < text.index("The word is")


def test_output_that_looks_like_markup_is_text(text, site):
    more = ["#let y = [*", '#panic("y")', "<script>x</script>", "<img src=x onerror=alert(1)>", "click"]
    for line in [*HOSTILE, *more]:
        assert line in text, line
        for name in ("03-training", "shakespeare-lstm"):
            assert " ".join(line.split()) in site[name].text, line
    for page in (text, site["03-training"].text):
        assert "w" * 80 in page and "[span]{onmouseover" in page and "Strange {onclick" in page
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", page)


def test_a_page_has_all_of_its_notebook(site):
    training = site["03-training"]
    cells = ["injected = 1", "hidden_source = 1", "hidden_output = 1", "whole_cell = 1", "small_step = 1"]
    rest = ["print('shown')", "a training log", "a small step", "A summary.", "Exercises", "Think."]
    for words in [*cells, *rest, "<details> is a tag."]:
        assert words in training.text
    assert "Hints & *more*" in training.text and "See Figure" not in training.text
    folded = [name for name, _ in training.tags].count("details")
    assert folded == 2  # the injected parameters and the hints; nothing else is folded in JupyterLab here
    assert "References" in training.text and "Long Short-Term Memory" in training.text


def test_pages_lead_to_each_other(site):
    course = [*NAMES, "solutions-03-training", "glossary"]
    assert set(site) == {"index", "shakespeare-lstm", *course}
    assert len(site["index"].all("h1")) == 1 and "References" not in site["glossary"].text  # it cites nothing
    assert {f"{name}.html" for name in course} <= {link["href"] for link in site["index"].all("a")}
    ways = {link["rel"]: link["href"] for link in site["02-lstm-equations"].all("a") if "rel" in link}
    assert ways == {"prev": "01-preprocessing.html", "next": "03-training.html"}
    assert "by the equation." in site["04-generation"].text
    assert "03-training.html#eq-loss" in {link["href"] for link in site["04-generation"].all("a")}
    links = {link["href"] for link in site["03-training"].all("a")}
    there = {"solutions-03-training.html", "glossary.html", "02-lstm-equations.html#sec-lstm-equations-Summary"}
    assert there <= links and "shakespeare-lstm.pdf" in {link["href"] for link in site["index"].all("a")}


def test_a_link_between_pages_that_leads_nowhere_is_named(course):
    write_good(course)  # there is no solution and no glossary
    assert make_report(course, "shakespeare-lstm.pdf") == (0, "")
    status, said = make_pages(course)
    assert status == 1 and "03-training.html" in said and not (course / "pages").exists()


def test_the_pdf_is_tagged_and_its_outline_has_the_chapters(course, text):
    pdf = PdfReader(course / "report.pdf")
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"] and pdf.trailer["/Root"]["/Lang"] == "en-GB"
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.trailer["/Root"]["/Metadata"].get_data().decode()
    objects = [pdf.get_object(number) for number in range(1, pdf.trailer["/Size"])]
    alts = [thing["/Alt"] for thing in objects if isinstance(thing, dict) and "/Alt" in thing]
    assert 'A "line" \\ up.' in alts and r"L = \odot \langle x \rangle" in alts
    titles = [entry["/Title"] for entry in pdf.outline if isinstance(entry, dict)]
    assert [title.split()[-1] for title in titles] == [
        "Introduction",
        "Preprocessing",
        "Lstm-equations",
        "Training",
        "Analysis",
        "Generation",
        "Conclusion",
        "References",
        "Settings",
    ]


def test_a_character_without_a_font_costs_the_standard_not_the_report(course):
    write(course, "03-training", [code("x", [v4.new_output("stream", text="\u1234\U0001f9ff")])])
    (course / "introduction.md").write_text("# Introduction\n")
    assert make_report(course) == (0, "")
    assert PdfReader(course / "report.pdf").trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_the_same_input_gives_the_same_bytes(course, text):
    assert make_report(course, "again.pdf") == (0, "")
    for suffix in (".pdf", ".html"):
        assert (course / f"report{suffix}").read_bytes() == (course / f"again{suffix}").read_bytes()


def bad_prose(text):
    return lambda folder: (folder / "introduction.md").write_text(text)


def bad_cell(*outputs, source="x = 1"):
    return lambda folder: write(folder, "03-training", [code(source, outputs)])


def bad_markdown(text):
    return lambda folder: write(folder, "02-lstm-equations", [v4.new_markdown_cell(text)])


ERROR = v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
PICTURE = v4.new_output("display_data", {"image/png": "iVBORw0KGgo="})


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (bad_prose("{{training.carried.heldout:.3f}}"), ["introduction.md", "training.carried.heldout"]),
        (bad_prose("{{training.versions:.3f}}"), ["introduction.md", "training.versions:.3f"]),
        (bad_prose("[here](#fig-nowhere)"), ["#fig-nowhere"]),
        (bad_markdown("[there](#eq-nowhere)"), ["#eq-nowhere"]),
        (bad_markdown("[there](#somewhere)"), ["#somewhere"]),
        (bad_markdown("[there](07-more.ipynb)"), ["07-more.ipynb"]),
        (bad_markdown("$$ a \\label{eq-a} $$\n\n$$ b \\label{eq-a} $$"), ["eq-a", "twice"]),
        (bad_markdown("![alt](picture.png)"), ["picture.png"]),
        (bad_markdown("$$ \\write18{id}\n$$"), ["\\write18{id}", "TeX"]),
        (bad_markdown("$#panic()$ and $\\input{x}$"), ["#panic()", "TeX"]),
        (bad_cell(figure(alt="")), ["03-training", "without alt"]),
        (bad_cell(figure(caption="")), ["03-training", "without caption"]),
        (bad_cell(figure(label="fig-a> #panic()")), ["03-training", "fig-a> #panic()"]),
        (bad_cell(figure(), figure()), ["fig-curve", "twice"]),
        (bad_cell(PICTURE), ["03-training", "show_figure"]),
        (bad_cell(ERROR), ["03-training", "ValueError: no"]),
        (lambda folder: (folder / "04-generation.ipynb").unlink(), ["04-generation.ipynb"]),
        (lambda folder: (folder / "04-generation.ipynb").write_text("{"), ["04-generation.ipynb"]),
        *(
            (lambda folder, text=text: (folder / "04-generation.ipynb").write_text(text), ["04-generation.ipynb"])
            for text in ("{}", "[]", '{"nbformat": 99}', '{"nbformat": 4, "cells": 3}', "[" * 100_000)
        ),
        (lambda folder: (folder / "metrics.json").write_text("{"), ["metrics.json"]),
        (lambda folder: (folder / "metrics.json").write_text("[" * 100_000), ["metrics.json"]),
        (lambda folder: (folder / "metrics.json").write_text("{}"), ["training.date"]),
        (lambda folder: (folder / "appendix.md").unlink(), ["appendix.md"]),
        (lambda folder: (folder / "conclusion.md").unlink(), ["conclusion.md"]),
    ],
)
def test_bad_input_is_named_and_leaves_no_report(course, spoil, named):
    write_good(course)
    spoil(course)
    status, said = make_report(course)
    assert status == 1
    assert len(said.strip().splitlines()) == 1
    for words in named:
        assert words in said
    assert not list(course.glob("*.pdf*")) and not list(course.glob("*.html*"))
