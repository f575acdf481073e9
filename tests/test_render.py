"""The renderer: what reaches the report of a run, and what a document may contain."""

import json
import re

import nbformat
import pytest
from conftest import NOTEBOOKS, addresses
from nbformat import v4
from pypdf import PdfReader

from course.display import escape_markdown
from report import render
from shakespeare.files import InputError

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="440pt" height="80pt" viewBox="0 0 440 80">'
    '<path d="M5 75 L150 20 L435 40" stroke="#0072B2" stroke-width="2" fill="none"/></svg>'
)
APPENDIX = "What one run can’t show"
FACTS = {"title": "A title", "subtitle": "Below", "line": "By us."}
# Lines of a text, as networks write them and tables quote them.
HOSTILE = [
    '#panic("x") @fig-none <fig-curve>',
    "</pre><b>bold</b>",
    "````{=typst}",
    "[a](javascript:alert(1)){onclick=alert(1)} ![b](https://evil.example/b)",
]


def shown(data, kind, label, caption, **about):
    """An output that has a label."""
    about |= {"label": label, "caption": caption}
    return v4.new_output("display_data", {kind: data}, metadata={kind: about})


def figure(label):
    caption = "The $x^2$ of [Graves, 2013](https://arxiv.org/abs/1308.0850)."
    return shown(SVG, "image/svg+xml", label, caption, alt='A "line" \\ up.')


def table():
    rows = "| name | loss |\n|:--|--:|\n"
    rows += "| ours ([Al-Rfou et al., 2019](https://arxiv.org/abs/1808.04444)) | 1.25 |\n"
    rows += "| <img src=x onerror=alert(1)> | [click](javascript:alert(2)) |"
    rows += "".join(f"\n| {escape_markdown(line)} | |" for line in HOSTILE)
    caption = f"Losses in *nats*. {escape_markdown(HOSTILE[0])}"
    return shown(rows, "text/markdown", "tbl-loss", caption)


def verse(*more):
    lines = ["ROMEO:", "\x1b[31mred words\x1b[0m \x08\x7f", *HOSTILE, "w" * 300, *more]
    return shown("\n".join(lines), "text/plain", "txt-own", "What the network writes.")


def network(name, day, seconds, loss):
    sizes = {"size": "2 × 48", "parameters": 12_345}
    return {"name": name, "date": day, "seconds": seconds, "loss": loss, **sizes}


def code(source, *outputs, tags=("report",)):
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def prose(source, tags=("report",)):
    return v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def write_notebook(folder, name, *cells):
    nbformat.write(v4.new_notebook(cells=list(cells)), folder / f"{name}.ipynb")


def printed(text):
    return v4.new_output("stream", text=text)


def said(markdown, **about):
    return v4.new_output("display_data", {"text/markdown": markdown}, metadata=about)


def caption_alone():
    return said("**Table.** A caption for front ends.", **{"text/markdown": {"role": "caption"}})


EQUATIONS = r"""$$
\begin{aligned}
f_t &= \sigma(W_f \cdot [x_t, h_{t-1}] + b_f) \\
h_t &= o_t \odot \tanh(c_t)
\end{aligned}
\label{eq-lstm}
$$"""


def new_run(folder):
    """A folder with executed notebooks, and the numbers that three of them save."""
    made_with = {"profile": "smoke", "versions": "Python 3.11"}
    recipe = network("the student's recipe", "2025-03-09", 48, 1.94321)
    better = network("trained better", "2025-03-10", 250, 1.5)
    copying = network("with copying", "2025-03-08", 260, 1.45)
    larger = {"name": "the shipped baseline", "size": "2 × 512", "parameters": 9, "loss": 1.47}
    leak = {"windows that it never drew": 1.16, "new text": 1.5}
    saved = {
        "01-preprocessing": {"bar": {"held_out": 1.51712}},
        "03-training": {
            "claim": 1.22,
            "trained": [recipe],
            "shipped": [larger],
            "leak": leak,
            "fooled": {"at_random": 0.8, "cut_first": 2.6, "new_text": 3.3},
        },
        "05-beyond-the-report": {
            "trained": [better, copying],
            "shipped": [larger | {"name": "the shipped final network"}],
        },
    }
    for name, numbers in saved.items():
        (folder / f"{name}.json").write_text(json.dumps({"made_with": made_with, **numbers}))
    for name in NOTEBOOKS:
        write_notebook(folder, name, prose(f"# The chapter {name[3:]}\n\nIt begins."))
    write_notebook(
        folder,
        "02-lstm-equations",
        prose(
            f"# The LSTM\n\n> His words. (*The student's report*)\n\n{EQUATIONS}\n\n## Its parts"
        ),
        prose("Left out, as `[TODO]` is.", tags=["exercise"]),
    )
    links = "As [notebook 02](02-lstm-equations.ipynb) and [this](#fig-curve) say,"
    its = "02-lstm-equations.ipynb#Its-parts"
    more_links = f"and [notebook 02]({its}), [its parts]({its}), [more](#None), [it](#eq-lstm)."
    write_notebook(
        folder,
        "03-training",
        prose(f"# Training\n\n{links} {more_links}"),
        prose(
            "| part | recipe |\n| :-- | :-- |\n| rate | see [notebook 04](04-generation.ipynb) |"
        ),
        code("class Learner(LightningModule):\n    # ```", printed("a stream\n```\n::: x")),
        code("hidden_code = 1", figure("fig-curve"), tags=["report", "remove-input"]),
        code("left_out = 1", figure("fig-left-out"), tags=[]),
        code("show_table()", table(), caption_alone(), tags=["report", "remove-input"]),
        code("say()", said("**This run.** It has *3.5* nats."), tags=["report", "answer"]),
        prose("After it all."),
    )
    write_notebook(folder, "04-generation", prose("# Writing"), code("show_verse()", verse()))
    write_notebook(folder, "03-training.failed", prose("# Failed"))
    return folder


@pytest.fixture
def run(tmp_path):
    return new_run(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = new_run(tmp_path_factory.mktemp("run"))
    render.write_run(folder)
    return folder / "report.pdf"


@pytest.fixture(scope="module")
def text(made):
    return pdf_text(made)


def pdf_text(path):
    found = PdfReader(path).pages
    return " ".join(" ".join(page.extract_text() for page in found).split()).replace("\u200b", "")


def is_accessible(path):
    metadata = PdfReader(path).trailer["/Root"]["/Metadata"].get_data().decode()
    return "<pdfuaid:part>1</pdfuaid:part>" in metadata


def document(folder, markdown, *outputs):
    """The text of a document of this Markdown, which may show the outputs."""
    source = folder / "text.md"
    source.write_text(markdown)
    pictures = {about_of(output)["label"]: output for output in outputs}
    values = {"loss": 1.46789, "interval": [-0.0123, 0.4], "word": "*not* {{x}}", "nothing": None}
    notebook = render.with_inserts(render.prose(source, values), pictures)
    chapters = [render.chapter("text", notebook, folder)]
    (folder / "document.pdf").write_bytes(render.pdf(folder, chapters, FACTS))
    return pdf_text(folder / "document.pdf")


def about_of(output):
    [about] = output.metadata.values()
    return about


# --- the report of a run ---


def test_the_report_begins_with_the_networks_and_ends_with_the_references(text):
    assert "on Tiny Shakespeare" in text and "Profile smoke, 10 March 2025. Python 3.11." in text
    assert "trained better 2 × 48 12,345 4.2 min 1.500" in text
    assert "the student’s report (protocol unknown) – – – 1.22" in text
    assert "the shipped baseline 2 × 512 9 37 min, before 1.470" in text
    assert "never drew, below the claim, and 1.50 on new ones" in text
    names = ["1 Introduction", "3 The LSTM", "4 Training", "9 Conclusion", "References"]
    places = [text.index(name) for name in names]
    assert places == sorted(places) and "Failed" not in text


def test_the_report_prints_the_cells_with_its_tag_as_they_ran(text):
    assert "class Learner(LightningModule):" in text and "a stream ``` ::: x" in text
    assert "Figure 1. The" in text and "Losses in nats." in text
    assert "Text 1. What the network writes." in text
    assert "This run. It has 3.5 nats. After it all." in text
    assert "His words. (The student’s report)" in text
    for words in ("hidden_code", "left_out", "Left out", "Figure 2", "front ends", "TODO"):
        assert words not in text.partition(APPENDIX)[0], words


def test_the_appendix_is_between_the_conclusion_and_the_references(text):
    headings = re.findall(r"(?m)^## (.*)$", (render.HERE / "appendix.md").read_text("utf-8"))
    named = [f"A.{number} {words}" for number, words in enumerate(headings, 1)]
    names = ["9 Conclusion", f"A {APPENDIX}", *(name.replace("'", "’") for name in named)]
    places = [text.index(name) for name in [*names, "References"]]
    assert places == sorted(places)
    loss = render.read_metrics()["networks"]["final"]["losses"]["carried"]["held_out"]
    assert f"the final network has {loss:.3f}" in text


def test_links_between_notebooks_become_numbers_or_words(text):
    assert "As Section 3 and Figure 1 say, and Section 3.1, its parts, more, Equation 1." in text
    assert "rate see Section 5" in text


def test_output_that_looks_like_markup_is_text(text):
    for line in [*HOSTILE, "<img src=x onerror=alert(1)>", "click", "red words"]:
        times = 2 if line in HOSTILE else 1  # in a table, and in what the network writes
        assert text.count(line) >= times, line
    assert "w" * 80 in text.replace(" ", "")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", text)


def test_no_link_of_an_output_leads_anywhere_but_to_the_web(made):
    for address in addresses(made):
        assert re.match("https://(?!evil)", address), address


def test_the_report_is_accessible(made):
    assert is_accessible(made)


# --- what a document may contain ---


def test_a_document_has_numbers_references_and_citations(tmp_path):
    text = document(
        tmp_path,
        r"""See [it](#fig-curve), [this](#Losses) and [that](#More), but not
[a notebook](03-training.ipynb).

# Losses

In [the table](#tbl-loss) and [the equation](#eq-loss)
([Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)),
$$ L = \odot \langle x \rangle \label{eq-loss} $$
see [Karpathy's code](https://github.com/karpathy/nanoGPT), [a site](https://example.org) and
[the page](explorer.html).

![](#fig-curve)

![](#tbl-loss)

The word is {{ word }} and the loss {{ loss | number(".3f") }}, not {{ nothing | number(".1f") }}.
The interval is {{ interval | interval("+.2f") }}.

# More
""",
        figure("fig-curve"),
        table(),
    )
    assert "A title" in text and "Below" in text and "By us." in text
    assert "See Figure 1, Section 1 and Section 2, but not a notebook." in text
    assert "In Table 1 and Equation 1 (Hochreiter and Schmidhuber 1997)" in text
    assert "Karpathy’s code (Karpathy 2022)" in text and "of Graves 2013." in text
    assert "ours (Al-Rfou et al. 2019)" in text
    assert "References" in text and "Long Short-Term Memory" in text
    assert "Finding Structure" not in text  # Elman is not cited
    assert "The word is *not* {{x}} and the loss 1.468, not –." in text
    assert "The interval is −0.01 to +0.40." in text
    found = addresses(tmp_path / "document.pdf")
    assert {"https://example.org", "explorer.html"} <= found


def test_a_link_to_what_is_not_printed_becomes_its_words(tmp_path):
    links = "Of [one figure](#fig-none), [one heading](03-training.ipynb#None) and [us](#Here)."
    text = document(tmp_path, f"# Here\n\n{links}\n")
    assert "Of one figure, one heading and Section 1." in text


def test_an_equation_that_cannot_be_set_is_named(tmp_path):
    with pytest.raises(InputError, match="TeX") as refused:
        document(tmp_path, "$$ \\write18{id}\n$$")
    assert "\\write18{id}" in str(refused.value)
