"""The renderer, on a small course made here: what stands in the PDF, and what is refused in one sentence."""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path
from unittest import mock

import nbformat
import pytest
from nbformat import v4
from pypdf import PdfReader

RENDER = runpy.run_path(str(Path(__file__).parents[1] / "report" / "render.py"))
NAMES = ("01-preprocessing", "02-lstm-equations", "03-training", "04-generation")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="440pt" height="80pt" viewBox="0 0 440 80">'
    '<path d="M5 75 L150 20 L435 40" stroke="#0072B2" stroke-width="2" fill="none"/></svg>'
)
METRICS = {
    "training": {
        "profile": "smoke",
        "date": "2025-03-09",
        "versions": "Python 3.11.2, torch 2.6.0",
        "carried": {"held_out": 1.46789},
        "word": "*not* $emphasis$",
        "runs": [{"loss": 2.5}],
    }
}
PROSE = {
    "abstract": "It reaches **{{training.carried.held_out:.3f}}** nats a character.\n",
    "introduction": "# Introduction\n\nSee [the curve](#fig-curve) and [training](03-training.ipynb).\n",
    "conclusion": "The word is {{training.word}} and the loss {{training.runs.0.loss}}.\n",
}
HOSTILE = [
    '#panic("x") @fig-none <fig-curve>',
    "</pre><b>bold</b>",
    r"$\undefined \include{x}$",
    "```",
    "````{=typst}",
    "*/ // ]",
]


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
        code("hidden_output = 1", [v4.new_output("stream", text="secret log")], tags=["remove-output"]),
        code("whole_cell = 1", tags=["remove-cell"]),
        code(
            "print('shown')",
            [
                v4.new_output("stream", text="\x1b[31mred words\x1b[0m\n"),
                v4.new_output("stream", text="\n".join(HOSTILE) + "\n" + "w" * 300 + "\n"),
                v4.new_output("execute_result", {"text/plain": "#let y = [*"}),
                prose_output(table, label="tbl-loss", caption="Losses in *nats*."),
                prose_output("**Table.** Losses.", role="caption"),
                prose_output('The run took **90** seconds <script>x</script> `#panic("y")`{=typst}.'),
            ],
        ),
    ]
    write(folder, "03-training", cells)


def render(folder, out="report.pdf"):
    """Run the command in this process, which saves seconds; gives its status and what it says on stderr."""
    command = ["render.py", "--build", folder, "--profile", "smoke", "--out", folder / out, "--prose", folder]
    said = io.StringIO()
    with mock.patch.object(sys, "argv", [str(word) for word in command]), contextlib.redirect_stderr(said):
        return RENDER["main"](), said.getvalue()


def pages(folder):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(folder / "report.pdf").pages).split())


@pytest.fixture
def text(course):
    write_good(course)
    assert render(course) == (0, "")
    return pages(course)


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
    assert "The word is *not* $emphasis$ and the loss 2.5." in text
    assert "took 90 seconds" in text and "Table. Losses." not in text


def test_tags_hide_what_they_say(text):
    assert "print('shown')" in text and "red words" in text and "\x1b" not in text
    for hidden in ("injected", "hidden_source", "secret log", "whole_cell"):
        assert hidden not in text
    assert "hidden_output" in text


def test_output_that_looks_like_markup_is_text(text):
    for line in [*HOSTILE, "#let y = [*", '#panic("y")', "<script>x</script>"]:
        assert line in text, line
    assert "w" * 80 in text


def test_figures_have_alt_texts_and_the_outline_the_chapters(course, text):
    pdf = PdfReader(course / "report.pdf")
    objects = [pdf.get_object(number) for number in range(1, pdf.trailer["/Size"])]
    alts = [thing["/Alt"] for thing in objects if isinstance(thing, dict) and "/Alt" in thing]
    assert 'A "line" \\ up.' in alts
    titles = [entry["/Title"] for entry in pdf.outline if isinstance(entry, dict)]
    assert [title.split()[-1] for title in titles if "Contents" not in title] == [
        "Introduction",
        "Preprocessing",
        "Lstm-equations",
        "Training",
        "Generation",
        "Conclusion",
        "References",
    ]


def test_the_same_input_gives_the_same_bytes(course, text):
    assert render(course, "again.pdf") == (0, "")
    assert (course / "report.pdf").read_bytes() == (course / "again.pdf").read_bytes()


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
        (bad_cell(figure(alt="")), ["03-training", "without alt"]),
        (bad_cell(figure(caption="")), ["03-training", "without caption"]),
        (bad_cell(figure(label="fig-a> #panic()")), ["03-training", "fig-a> #panic()"]),
        (bad_cell(figure(), figure()), ["fig-curve", "twice"]),
        (bad_cell(PICTURE), ["03-training", "show_figure"]),
        (bad_cell(ERROR), ["03-training", "ValueError: no"]),
        (lambda folder: (folder / "04-generation.ipynb").unlink(), ["04-generation.ipynb"]),
        (lambda folder: (folder / "04-generation.ipynb").write_text("{"), ["04-generation.ipynb"]),
        (lambda folder: (folder / "metrics.json").write_text("{"), ["metrics.json"]),
        (lambda folder: (folder / "metrics.json").write_text("{}"), ["training.date"]),
        (lambda folder: (folder / "conclusion.md").unlink(), ["conclusion.md"]),
    ],
)
def test_bad_input_is_named_and_leaves_no_pdf(course, spoil, named):
    write_good(course)
    spoil(course)
    status, said = render(course)
    assert status == 1
    assert len(said.strip().splitlines()) == 1
    for words in named:
        assert words in said
    assert not list(course.glob("*.pdf*"))
