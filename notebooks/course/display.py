"""Figures and tables with a caption, a label for links and an alt text; colours and style."""

import base64
import html
import inspect
import io
import logging
import re
import textwrap
import warnings
from collections.abc import Sequence
from typing import Any

import lightning.pytorch
from fontTools import subset
from IPython.display import Markdown, display
from matplotlib import get_data_path
from matplotlib import pyplot as plt

# Okabe and Ito's palette works for every kind of colour vision.
COLOURS = {
    "forget": "#D55E00",
    "input": "#009E73",
    "output": "#0072B2",
    "candidate": "#E69F00",
    "cell": "#CC79A7",
    "hidden": "#56B4E9",
    "text": "#222222",
    "quiet": "#999999",
}
STYLE: dict[str, Any] = {
    "figure.figsize": (6.3, 2.8),  # inches: the width of the report's text
    "figure.constrained_layout.use": True,
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(
        color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
    ),
    "legend.frameon": False,
    # The report's font comes with Typst; pages embed STIXGeneral, which comes with matplotlib.
    "font.family": ["Libertinus Serif", "STIXGeneral", "Times New Roman", "serif"],
    "mathtext.fontset": "stix",
    "svg.fonttype": "none",  # text stays text: it can be searched
    "svg.hashsalt": "shakespeare",  # the same picture gives the same bytes
}
plt.style.use(STYLE)
warnings.filterwarnings("ignore", message="Glyph")  # a script that the plots' font lacks
warnings.filterwarnings("ignore", module="lightning")
logging.getLogger(lightning.pytorch.__name__).setLevel(logging.ERROR)
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it lacks the report's font


def escape_markdown(text: str) -> str:
    """The text on one line, escaped so that Markdown shows it as it is; for captions and cells."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def visible(character: str) -> str:
    """The character, or a symbol for a space, a line break, a tab or an unprintable character."""
    signs = {" ": "␣", "\n": "↵", "\t": "⇥"}
    return signs.get(character) or (character if character.isprintable() else "·")


def show_source(*objects: Any) -> None:
    """Display the source code of functions, methods or classes, as it runs here."""
    source = "\n".join(textwrap.dedent(inspect.getsource(each)) for each in objects)
    display(Markdown(f"```python\n{source}```"))


def show_figure(figure: Any, label: str, caption: str, alt: str) -> None:
    """Display a matplotlib figure with its caption.

    `alt` says in words what the figure shows; links call the figure `#fig-label`.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Title": alt})
    plt.close(figure)
    svg = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", file.getvalue())  # not XML
    about = {"label": f"fig-{label}", "caption": caption, "alt": alt}
    bundle = {"image/svg+xml": _embed_font(svg), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/svg+xml": about})
    _show_caption("Figure", caption)


def _embed_font(svg: str) -> str:
    """Embed the letters that a picture uses: those of another font may be too wide."""
    faces, letters = "", html.unescape(re.sub("<[^>]*>", "", svg))
    for file, style in (("STIXGeneral", "normal"), ("STIXGeneralItalic", "italic")):
        options = subset.Options(flavor="woff", hinting=False)
        options.drop_tables += ["FFTM"]
        font = subset.load_font(f"{get_data_path()}/fonts/ttf/{file}.ttf", options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=letters)
        subsetter.subset(font)
        subset.save_font(font, woff := io.BytesIO(), options)
        data = base64.b64encode(woff.getvalue()).decode()
        faces += f"@font-face {{ font-family: STIXGeneral; font-style: {style}; "
        faces += f"src: url(data:font/woff;base64,{data}) }}"
    return svg.replace("<defs>", f"<style>{faces}</style><defs>", 1)


def show_table(
    header: Sequence[str], rows: Sequence[Sequence[Any]], label: str, caption: str
) -> None:
    """Display a table with its caption; numbers are aligned to the right.

    Cells and caption are Markdown; links call the table `#tbl-label`.
    """
    columns = zip(*rows, strict=True) if rows else [[]] * len(header)
    rules = ["--:" if all(map(_is_number, column)) else ":--" for column in columns]
    lines = [[_cell(value) for value in line] for line in [header, rules, *rows]]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    about = {"label": f"tbl-{label}", "caption": caption}
    bundle = {"text/markdown": table, "text/plain": table}
    display(bundle, raw=True, metadata={"text/markdown": about})
    _show_caption("Table", caption)


def _cell(value: Any) -> str:
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\|", str(value)).replace("\n", " ")


def _is_number(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    return value in ("", "–") or re.sub(r"[–\-+±%×,. ]", "", value).isdigit()


def _show_caption(kind: str, caption: str) -> None:
    # The report leaves this line out: it numbers captions itself.
    display(Markdown(f"**{kind}.** {caption}"), metadata={"text/markdown": {"role": "caption"}})
