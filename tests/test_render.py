"""The renderer on a small course made here: what reaches the report."""

import json
import re
import sys
from unittest import mock

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT, addresses
from nbformat import v4
from pypdf import PdfReader

from course.display import escape_markdown
from report import render
from shakespeare.files import TINY_SHAKESPEARE, InputError
from shakespeare.model import CharLSTM
from shakespeare.pretrained import save_pretrained

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="440pt" height="80pt" viewBox="0 0 440 80">'
    '<path d="M5 75 L150 20 L435 40" stroke="#0072B2" stroke-width="2" fill="none"/></svg>'
)
MADE = {
    "profile": "smoke",
    "text": "input.txt",
    "fingerprint": TINY_SHAKESPEARE,
}
TRAINING = {
    "date": "2025-03-09",
    "versions": "Python 3.11.2, torch 2.6.0, 2 threads",
    "carried": {"held_out": 1.46789, "interval": [-0.0123, 0.4]},
    "word": "*not* $emphasis$ {{x}}",
    "nothing": None,
    "runs": [{"loss": 2.5}],
}
TRAINED = {"03-training", "05-beyond-the-report"}
TEXTS = {
    "abstract": """**Abstract**

**{{ run.training.carried.held_out | number(".3f") }}** nats,
{{ full.losses.final.carried.held_out | number(".2f") }} at full size.
""",
    "paper": r"""![This run](#fig-curve)

# Introduction

See [it](#fig-curve), [this](#Losses) and [that](#Appendix-A.-More), but not
[a notebook](03-training.ipynb) or [the glossary](glossary.md).

# Losses

In [the table](#tbl-loss) and [the equation](#eq-loss)
([Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)),
$$ L = \odot \langle x \rangle \label{eq-loss} $$
see [Karpathy's code](https://github.com/karpathy/nanoGPT), [a site](https://example.org) and
[the page](explorer.html).

![](#tbl-loss)

![At full size](full-size#tbl-broken)

# Conclusion

The word is {{ run.training.word }} and the loss {{ run.training.runs.0.loss }}, not
{{ run.training.nothing | number(".3f") }}. The interval is
{{ run.training.carried.interval | interval("+.2f") }}.

# Appendix A. More

![](02-lstm-equations.ipynb)

![](03-training.ipynb)
""",
}
# Lines of a text, as cells print them and tables quote them.
HOSTILE = [
    '#panic("x") @fig-none <fig-curve>',
    "</pre><b>bold</b>",
    r"$\undefined \include{x}$",
    "````{=typst}",
    "*/ // ]",
    '<a href="#fig-none" id="main">',
    r"\write18{id} \input{x} $$x$$ #eval(1) #read(1) #import",
    "[a](javascript:alert(1)){onclick=alert(1)} ![b](https://evil.example/b)",
]
# Markdown of an output: what an attribute or a link could do.
STRANGE = """[x](javascript:alert(1)//x.pdf) [x](JaVaScRiPt:x.pdf) <javascript:alert(3)> [x][ref]
[x](data:text/html,x) [x](file:///etc/passwd) [x](//evil.example/x.pdf) [x](../x.pdf)
[span]{onmouseover=alert(4)} `code`{onclick=alert(5)} https://evil.example/bare
![a picture](https://evil.example/b)

### Strange {onclick=alert(6)}

<details><summary>never closed</summary>

: caption {#tbl-x onclick=alert(7)}

::: {onclick=alert(8)}
division

[ref]: javascript:alert(9)

``` {.x onclick=alert(7)}
never closed
"""


def figure(label="fig-curve"):
    caption = "The $x^2$ of [Graves, 2013](https://arxiv.org/abs/1308.0850)."
    about = {"label": label, "caption": caption, "alt": 'A "line" \\ up.'}
    data = {"image/svg+xml": SVG, "text/plain": "alt"}
    return v4.new_output("display_data", data, metadata={"image/svg+xml": about})


def stream(text):
    return v4.new_output("stream", text=text)


def prose_output(text, **about):
    metadata = {"text/markdown": about} if about else {}
    return v4.new_output("display_data", {"text/markdown": text}, metadata=metadata)


def code(source="x = 1", outputs=(), *tags):
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def markdown(text, *tags):
    return v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def write(folder, name, cells):
    title = markdown(f"# {name[3:].capitalize()}\nYou will\n- learn")
    notebook = v4.new_notebook(cells=[title, *cells, markdown("## Summary")])
    nbformat.write(notebook, folder / f"{name}.ipynb")


def new_course(folder):
    """A folder of executed notebooks, their numbers, a network and prose."""
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(text)
    chars = sorted(set((ROOT / "input.txt").read_text(encoding="utf-8")))
    network = CharLSTM(chars, embedding_size=2, hidden_size=3, num_layers=1)
    network.facts = {"sampling": {"temperature": 0.8, "min_p": 0.0}}
    save_pretrained(network, folder / "models" / "final")
    for name in NOTEBOOKS:
        write(folder, name, [])
        numbers = TRAINING | {"profile": "smoke"} if name in TRAINED else {}
        if name == "01-preprocessing":
            numbers["title"] = "Tiny Shakespeare"
        numbers["made_with"] = dict(MADE)
        if name == "06-inside-the-network":
            numbers["cells"] = {"best": {}}
        (folder / f"{name}.json").write_text(json.dumps(numbers))
    return folder


@pytest.fixture
def course(tmp_path):
    return new_course(tmp_path)


def fill(folder):
    table = "| name | loss |\n|:--|--:|\n"
    table += "| ours ([Al-Rfou et al., 2019](https://arxiv.org/abs/1808.04444)) | 1.25 |\n"
    table += "| <img src=x onerror=alert(1)> | [click](javascript:alert(2)) |"
    table += "".join(f"\n| {escape_markdown(line)} | |" for line in HOSTILE)
    caption = f"Losses in *nats*. {escape_markdown(HOSTILE[0])}"
    outputs = [
        stream("\x1b[31mred words\x1b[0m \x1b]8;;https://evil.example\x1b\\a link\n"),
        stream("\x1b]52;c;ZXZpbA==\x07 \x9b2J \x08\x7f\u202efdp.\n"),
        prose_output(STRANGE),
        stream("\n".join(HOSTILE) + "\n" + "w" * 300 + "\n"),
        v4.new_output("execute_result", {"text/plain": "#let y = [*"}),
        prose_output(table, label="tbl-loss", caption=caption),
        prose_output("**Table.** Losses.", role="caption"),
        prose_output('The run took **90** seconds <script>x</script> `#panic("y")`{=typst}.'),
    ]
    cells = [
        markdown("## Losses\n\nIn [the table](#tbl-loss), often."),
        code("imported = 1", [stream("a version")], "imports"),
        code("small_step = 1", [stream("a small step")]),
        code("show_figure(curve)", [figure()]),
        markdown("## Where it fails\n\nSometimes.", "shakespeare-only", "appendix"),
        code("in_the_report = 1", [stream("a result")], "appendix"),
        code("show_table(\n    losses,\n)", outputs, "appendix"),
        markdown("## Exercises\n\nSee [the solution](solutions/03-training.ipynb).", "exercise"),
    ]
    write(folder, "03-training", cells)
    write(folder, "04-generation", [markdown("## And when\n\nOften.")])


def make_report(folder):
    render.report(folder, ROOT / "input.txt", folder)


def pdf_text(folder):
    found = PdfReader(folder / "shakespeare-lstm.pdf").pages
    return " ".join(" ".join(page.extract_text() for page in found).split()).replace("\u200b", "")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder with the report of a course that has all there is."""
    folder = new_course(tmp_path_factory.mktemp("course"))
    fill(folder)
    make_report(folder)
    return folder


@pytest.fixture(scope="module")
def text(made):
    return pdf_text(made)


def test_the_report_has_titles_numbers_references_and_citations(text):
    assert "Shakespeare, one character at a time" in text and "Abstract" in text
    assert "9 March 2025. Results at full size, beside a run of the profile smoke." in text
    assert "1.468 nats, 1.26 at full size." in text
    assert "See Figure 1, Section 2 and Appendix A, but not a notebook or the glossary." in text
    assert "In Table 1 and Equation 1 (Hochreiter and Schmidhuber 1997)" in text
    assert "Karpathy’s code (Karpathy 2022)" in text
    assert "Figure 1. The" in text and "of Graves 2013. (This run.)" in text
    assert "Table 2. How much the loss rises" in text and "(At full size.)" in text
    assert "Table 1. Losses in nats." in text and "ours (Al-Rfou et al. 2019)" in text
    assert "References" in text and "Long Short-Term Memory" in text
    assert "Finding Structure" not in text  # Elman is not cited
    assert "The word is *not* $emphasis$ {{x}} and the loss 2.5, not –." in text
    assert "The interval is −0.01 to +0.40." in text
    assert "took 90 seconds" in text and "Table. Losses." not in text


def test_links_lead_to_the_web_and_to_the_page_only(made):
    found = addresses(made / "shakespeare-lstm.pdf")
    assert {"https://example.org", "explorer.html"} <= found
    for address in found - {"explorer.html"}:
        assert re.match("https://(?!evil)", address), address


def test_output_that_looks_like_markup_is_text(text):
    more = ["#let y = [*", '#panic("y")', "<script>x</script>", "<img src=x onerror=alert(1)>"]
    more += ["<details><summary>never closed</summary>", "click", "a picture"]
    for line in [*HOSTILE, *more]:
        times = 2 if line in HOSTILE else 1  # in an output and in a table
        assert text.count(line) >= times, line
    assert "w" * 80 in text.replace(" ", "") and "[span]{onmouseover" in text
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", text)


def test_the_report_shows_what_its_text_names_and_appendices(text):
    for words in ("red words", "in_the_report = 1", "a result", "Sometimes."):
        assert words in text
    hidden = ("imported", "a version", "show_table(", "show_figure(", "small step")
    for words in (*hidden, "Exercises", "Often"):
        assert words not in text
    assert text.count("Losses in nats.") == 1  # in the paper, and not again in the appendix
    assert text.index("Appendix A. More") < text.index("in_the_report = 1")


def test_a_character_without_a_font_costs_the_standard_not_the_report(course):
    write(course, "03-training", [code("x", [stream("\u1234\U0001f9ff")], "appendix")])
    (course / "paper.md").write_text("# Introduction\n\n![](03-training.ipynb)\n")
    make_report(course)
    pdf = PdfReader(course / "shakespeare-lstm.pdf")
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_a_link_to_a_cell_that_was_left_out_becomes_its_words(course):
    """Of another text, execute.py leaves out the cells about Shakespeare."""
    links = "Of [one figure](#fig-none), [one heading](03-training.ipynb#None) and [us](#Here)."
    write(course, "02-lstm-equations", [markdown(f"## Here\n\n{links}", "appendix")])
    (course / "paper.md").write_text("# Introduction\n\n![](02-lstm-equations.ipynb)\n")
    make_report(course)
    assert "Of one figure, one heading and us." in pdf_text(course)


def test_a_page_that_fails_does_not_cost_the_paper(course, monkeypatch):
    def fail(*_):
        raise InputError("No page.")

    monkeypatch.setattr(render, "build_explorer", fail)
    with pytest.raises(InputError, match="No page"):
        make_report(course)
    assert "Introduction" in pdf_text(course)
    assert not (course / "explorer.html").exists()  # so make tries again


def bad_prose(text):
    return lambda folder: (folder / "paper.md").write_text(text)


def bad_cell(*cells):
    return lambda folder: write(folder, "03-training", cells)


ANOTHER = markdown("## Losses", "shakespeare-only")  # instead of what the paper shows


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (bad_prose("{{ run.training.carried.heldout }}"), ["paper.md", "heldout"]),
        (bad_prose("[here](#fig-nowhere)"), ["fig-nowhere"]),
        (bad_prose("![](full-size#fig-nowhere)"), ["full-size fig-nowhere"]),
        (bad_cell(markdown("$$ \\write18{id}\n$$", "appendix")), ["\\write18{id}", "TeX"]),
        (bad_cell(ANOTHER), ["The paper shows fig-curve"]),
    ],
)
def test_bad_input_is_named_and_leaves_the_old_report(course, spoil, named):
    fill(course)
    old = course / "shakespeare-lstm.pdf"
    old.write_text("old")
    spoil(course)
    command = ["render", str(course), str(ROOT / "input.txt"), str(course)]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as stopped:
        render.main()
    said = str(stopped.value)
    assert len(said.splitlines()) == 1
    assert all(words in said for words in named), said
    assert old.read_text() == "old"
