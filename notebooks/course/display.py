"""Figures, tables and texts with their captions, as outputs of a cell; HTML for the games.

    show(pictures.overfitting(training, validation))

A function in pictures/ draws the figure and says what it shows, in a caption and in an alt text.
"""

import base64
import html
import inspect
import io
import re
import string
import textwrap
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from fontTools import subset
from IPython import get_ipython
from IPython.display import Markdown, display
from matplotlib import get_data_path
from matplotlib import pyplot as plt
from PIL import Image

PNG_DPI = 130  # so that letters are sharp where a picture is 96 pixels to the inch
SVG: Any = {
    "svg.fonttype": "none",  # text stays text: it can be searched
    "svg.hashsalt": "shakespeare",  # the same picture gives the same bytes
}


def escape_markdown(text: str) -> str:
    """The text on one line, escaped so that Markdown shows it as it is; for captions and cells."""
    escaped = ""
    for character in " ".join(text.split()):
        escaped += f"\\{character}" if character in string.punctuation else character
    return escaped


def signed(value: float) -> str:
    """A difference with its sign, in three decimals."""
    rounded = round(value, 3) + 0.0  # adding 0 turns -0.0 into 0.0
    return f"{rounded:+.3f}".replace("-", "−")  # a hyphen by a minus sign


def percent(share: float | None, decimals: int = 1) -> str:
    """A share from 0 to 1 in per cent, or a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{decimals}f} %"


def visible(character: str) -> str:
    """The character, or a symbol for a space or a line break."""
    return {" ": "␣", "\n": "↵"}.get(character, character)


def is_interactive() -> bool:
    """Whether somebody can press buttons: front ends name the cell they run; papermill doesn't."""
    shell: Any = get_ipython()
    if not hasattr(shell, "get_parent"):  # this is no notebook
        return False
    return "cellId" in shell.get_parent().get("metadata", {})


def boxed(content: str, label: str, style: str = "padding:.5em") -> str:
    """HTML in a box with a border, in the font of code; `label` is for screen readers."""
    look = (
        "border:1px solid var(--jp-border-color2);font-family:var(--jp-code-font-family);"
        f"white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.4;{style}"
    )
    region = f'<div role="region" aria-label="{label}" tabindex="0" style="{look}">'
    return f"{region}{content}</div>"


def status(sentence: str) -> str:
    """A sentence as HTML, which screen readers read out when it changes."""
    style = "line-height:1.4;padding:.3em 0"
    return f'<div role="status" style="{style}">{html.escape(sentence)}</div>'


def show_source(*objects: Any) -> None:
    """Display the source code of functions, methods or classes, as it runs here."""
    source = "\n".join(textwrap.dedent(inspect.getsource(each)) for each in objects)
    display(Markdown(f"```python\n{source}```"))


class Picture(NamedTuple):
    """A matplotlib figure. Links call it `#fig-label`, and `alt` says in words what it shows."""

    label: str
    figure: Any
    caption: str
    alt: str


class Table(NamedTuple):
    """Rows of cells below a header; cells are Markdown. Links call it `#tbl-label`."""

    label: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str


class Verse(NamedTuple):
    """A text that a network wrote, line by line. Links call it `#txt-label`."""

    label: str
    text: str
    caption: str


def show(made: Picture | Table | Verse) -> None:
    """Display a figure, a table or a text with its caption, which is Markdown."""
    if isinstance(made, Picture):
        _show_picture(made)
    elif isinstance(made, Table):
        table = markdown_table(made.header, made.rows)
        label = f"tbl-{made.label}"
        _show_anchor(label)
        about = {"label": label, "caption": made.caption}
        formats = {"text/markdown": table, "text/plain": table}
        display(formats, raw=True, metadata={"text/markdown": about})
        _show_caption("Table", made.caption)
    else:
        label = f"txt-{made.label}"
        _show_anchor(label)
        about = {"label": label, "caption": made.caption}
        display({"text/plain": made.text}, raw=True, metadata={"text/plain": about})
        _show_caption("Text", made.caption)


def picture(figure: Any, alt: str) -> dict[str, str]:
    """A figure in two formats: as SVG, and as PNG in base64."""
    formats = {"image/svg+xml": _embed_font(_to_svg(figure, alt)), "image/png": _to_png(figure)}
    plt.close(figure)
    return formats


def width_of(figure: Any) -> int:
    """How wide a figure is on a page, in pixels."""
    return round(96 * figure.get_figwidth())


def _show_picture(made: Picture) -> None:
    label = f"fig-{made.label}"
    _show_anchor(label)
    width = width_of(made.figure)
    of_svg = {"label": label, "caption": made.caption, "alt": made.alt}
    of_png = {"width": width, "alt": made.alt}
    metadata = {"image/svg+xml": of_svg, "image/png": of_png}
    # A front end shows the best that it can: GitHub shows no SVG.
    formats = picture(made.figure, made.alt) | {"text/plain": made.alt}
    if is_interactive():  # JupyterLab shows it as an image, but without the alt text
        formats["text/html"] = _to_image(formats["image/svg+xml"], made.alt, width)
    display(formats, raw=True, metadata=metadata)
    _show_caption("Figure", made.caption)


def _to_image(svg: str, alt: str, width: int) -> str:
    """An SVG as an HTML image with its alt text, so many pixels wide."""
    data = base64.b64encode(svg.encode()).decode()
    style = f"width:{width}px;max-width:100%"
    return f'<img alt="{html.escape(alt)}" style="{style}" src="data:image/svg+xml;base64,{data}">'


def _to_svg(figure: Any, title: str) -> str:
    file = io.StringIO()
    with plt.rc_context(SVG):
        figure.savefig(file, format="svg", metadata={"Date": None, "Title": title})
    return file.getvalue()


def _to_png(figure: Any) -> str:
    """In 256 colours, which makes the file less than half as large."""
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):  # some have no layout, on purpose
        figure.savefig(file, format="png", dpi=PNG_DPI)
    small = io.BytesIO()
    Image.open(file).convert("RGB").quantize(256).save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def _embed_font(svg: str) -> str:
    """Embed the letters that a picture uses, because those of another font may be too wide."""
    letters = html.unescape(re.sub("<[^>]*>", "", svg))
    upright = _font_face("STIXGeneral", "normal", letters)
    italic = _font_face("STIXGeneralItalic", "italic", letters)
    return svg.replace("<defs>", f"<style>{upright}{italic}</style><defs>", 1)


def _font_face(file: str, style: str, letters: str) -> str:
    """A CSS rule that holds the `letters` of a font that comes with matplotlib."""
    options = subset.Options(flavor="woff", hinting=False)  # a format that browsers read
    options.drop_tables += ["FFTM"]  # when the font was made
    woff = io.BytesIO()
    with subset.load_font(f"{get_data_path()}/fonts/ttf/{file}.ttf", options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=letters)
        subsetter.subset(font)
        subset.save_font(font, woff, options)
    data = base64.b64encode(woff.getvalue()).decode()
    return (
        f"@font-face {{ font-family: STIXGeneral; font-style: {style}; "
        f"src: url(data:font/woff;base64,{data}) }}"
    )


def show_sentence(sentence: str) -> None:
    """Display a sentence of Markdown, with numbers of this run."""
    display(Markdown(sentence))


def show_answer(sentence: str) -> None:
    """Display what this run has found."""
    show_sentence(f"**This run.** {sentence}")


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown, with numbers aligned to the right."""
    rules = []
    for column in zip(header, *rows, strict=True):
        rules.append(_rule(column[1:]))  # below its title
    return "\n".join(_line(values) for values in [header, rules, *rows])


def _rule(column: Sequence[Any]) -> str:
    """What aligns a column of a Markdown table: numbers to the right."""
    return "--:" if all(_is_number(value) for value in column) else ":--"


def _line(values: Sequence[Any]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(_cell(value) for value in values)} |"


def _cell(value: Any) -> str:
    one_line = str(value).replace("\n", " ")
    # A bar would end the cell, so it is escaped, unless a backslash before it does so already.
    return re.sub(r"(?<!\\)\|", r"\\|", one_line)


def _is_number(value: Any) -> bool:
    """Whether a table's cell holds a number, such as "1.5 ± 0.2" or "– 3 %", or nothing."""
    if not isinstance(value, str) or value in ("", "–"):
        return True
    digits = re.sub(r"[–−\-+±%×,. ]", "", value)
    return digits.isdigit()


def _show_anchor(label: str) -> None:
    # Where a link arrives in JupyterLab. The report leaves this line out, as it does captions.
    display(Markdown(f'<a id="{label}"></a>'), metadata={"text/markdown": {"role": "caption"}})


def _show_caption(word: str, caption: str) -> None:
    # The report leaves this line out: it numbers captions itself.
    display(Markdown(f"**{word}.** {caption}"), metadata={"text/markdown": {"role": "caption"}})
