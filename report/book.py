"""The course as a book: the executed notebooks of a run as pages of HTML, to read in a browser.

    python -m report.book RUN OUT FILE ...

writes the folder OUT: a page for each notebook in RUN, for its solutions, the optional section and
the glossary, and index.html, the contents. Files such as the page and the report are copied
beside them. The pages ask for nothing from the network, and making them needs no PyTorch.

nbconvert renders cells by index.html.j2 of templates/book, and page.html.j2 is what is round them.
pandoc makes MathML of all formulas, in one call.
"""

import json
import re
import shutil
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable
from html import escape, unescape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import nbformat
import pypandoc
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import v4
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
LESSONS = ROOT / "notebooks"
TEMPLATES = ROOT / "report" / "templates"
LOOK = ("book.css", "book.js", "math.woff", "math-licence.txt")  # copied as they are

SETTINGS = {
    "NbConvertBase": {
        "display_data_priority": ["image/svg+xml", "text/markdown", "image/png", "text/plain"]
    },
    "CoalesceStreamsPreprocessor": {"enabled": True},  # lines that a cell prints are one output
    "ExtractOutputPreprocessor": {"enabled": True, "extract_output_types": {"image/svg+xml"}},
    # Papermill's cell with the parameters repeats those of the notebook.
    "TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": {"injected-parameters"}},
    "TemplateExporter": {
        "template_name": "book",
        "extra_template_basedirs": [str(TEMPLATES)],
    },
}

# In our own HTML: a formula, still as TeX; formulas and code, which the search leaves out; a
# heading or a term of the glossary, with what follows it.
TEX = re.compile(r"<math>(.*?)</math>", re.DOTALL)
SYMBOLS = re.compile(r"<(math|pre)\b.*?</\1>", re.DOTALL)
PART = re.compile(
    r'<(?P<tag>h1|h2|h3|li) id="(?P<id>.*?)">(?P<title>.*?)</(?:h\d|strong)>'
    r'(?P<text>.*?)(?=<(?:h1|h2|h3|li) id="|\Z)',
    re.DOTALL,
)


def write_book(run: Path, out: Path, beside: list[Path]) -> None:
    """Make the folder `out`, whole or not at all."""
    notebooks = read_notebooks(run)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, suffix=".partial") as partial:
        made = Path(partial) / "book"
        (made / "figures").mkdir(parents=True)
        for file in [*beside, *(TEMPLATES / "book" / name for name in LOOK)]:
            shutil.copy(file, made)
        write_pages(notebooks, made)
        shutil.rmtree(out, ignore_errors=True)
        made.rename(out)


def read_notebooks(run: Path) -> dict[str, nbformat.NotebookNode]:
    """By the names of their pages: the chapters, in their order, and what they link to."""
    notebooks = {}
    for path in sorted(run.glob("[0-9][0-9]-*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        # A published copy begins with a cell that leads to the notebook.
        notebook.cells = [cell for cell in notebook.cells if cell.id != "solved"]
        notebooks[path.stem] = notebook
    if not notebooks:
        raise ValueError(f"there is no executed notebook in {run}")
    for path in [LESSONS / "backward-pass.ipynb", *sorted(LESSONS.glob("solutions/*.ipynb"))]:
        notebooks[page_of(f"{path.parent.name}/{path.name}")] = nbformat.read(path, as_version=4)
    glossary = (LESSONS / "glossary.md").read_text(encoding="utf-8")
    notebooks["glossary"] = v4.new_notebook(cells=[v4.new_markdown_cell(glossary)])
    return notebooks


def page_of(path: str) -> str:
    """The name of the page for a notebook or text, from where a link finds it."""
    of_solutions = PurePosixPath(path).parent.name == "solutions"
    return ("solutions-" if of_solutions else "") + PurePosixPath(path).stem


def write_pages(notebooks: dict[str, nbformat.NotebookNode], folder: Path) -> None:
    """Write the pages and their figures to the folder, where all that they link to is."""
    beside = [path.name for path in folder.iterdir()]
    pages = {}  # by name, what is between navigation and footer
    for name, notebook in notebooks.items():
        exporter = exporter_of(name, {*notebooks, *beside})
        where = {"unique_key": name, "output_files_dir": "figures"}
        pages[name], resources = exporter.from_notebook_node(notebook, where)
        for file, content in resources["outputs"].items():
            (folder / file).write_bytes(content)
    chapters = [chapter(name, notebooks[name]) for name in notebooks if name[0].isdigit()]
    facts = {"chapters": chapters, "beside": beside, "repository": repository()}
    contents = exporter.environment.get_template("contents.html.j2").render(facts)
    index = search_index(pages)
    frame = exporter.environment.get_template("page.html.j2")
    for name, content in with_mathml(pages | {"index": contents}).items():
        parts = list(PART.finditer(content))
        here = {
            "name": name,
            "title": plain(parts[0]["title"]),
            "sections": [part for part in parts if part["tag"] == "h2"],
            "content": content,
        }
        html = frame.render(facts | here)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    (folder / "search.js").write_text(f"window.PARTS = {json.dumps(index)};\n", encoding="utf-8")


def chapter(name: str, notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What the contents say of a chapter, in Markdown: its question, and what the run found."""
    title, _, rest = notebook.cells[0].source.partition("\n")
    question = re.search(r"\*\*(.*?)\*\*", rest, re.DOTALL)
    answer = ""
    for cell in notebook.cells:
        if "answer" in cell.metadata.get("tags", []):
            answer = cell.outputs[0].data["text/markdown"].removeprefix("**This run.** ")
    return {
        "name": name,
        "title": title.removeprefix("# "),
        "question": question[1] if question else "",
        "answer": answer,
    }


def repository() -> str:
    """The address of the repository, or nothing where [project.urls] doesn't say."""
    return urls(ROOT).get("Repository", "")


def urls(root: Path) -> dict[str, str]:
    """[project.urls] in the pyproject.toml of a folder, each without a slash at its end."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {name: url.rstrip("/") for name, url in project.get("urls", {}).items()}


# --- cells ---


def exporter_of(name: str, targets: set[str]) -> HTMLExporter:
    """What renders the cells of a page; links lead to the targets, pages and files."""
    exporter = HTMLExporter(config=Config(SETTINGS))
    number = counter(name)
    ours = Renderer(number, targets, escape=False)  # cells may contain HTML
    of_run = Renderer(number, targets, escape=True)  # whatever a text has can't be HTML
    exporter.register_filter("cell_html", MarkdownWithMath(renderer=ours).render)
    exporter.register_filter("output_html", MarkdownWithMath(renderer=of_run).render)
    exporter.register_filter("inline", lambda html: re.sub(r"^<p>|</p>\s*$", "", html))
    exporter.register_filter("number", number)
    exporter.register_filter("plain", plain)
    return exporter


def counter(name: str) -> Callable[[str], str]:
    """A function that numbers figures, and each other kind: 3.1, 3.2 in the third chapter."""
    chapter = f"{int(name[:2])}." if name[0].isdigit() else ""
    counts: Counter[str] = Counter()

    def number(kind: str) -> str:
        counts[kind] += 1
        return f"{chapter}{counts[kind]}"

    return number


class Renderer(IPythonRenderer):
    """Markdown as HTML, with formulas still as TeX; a link that leads nowhere is its words."""

    def __init__(self, number: Callable[[str], str], targets: set[str], escape: bool) -> None:
        super().__init__(escape=escape)
        self.number = number
        self.targets = targets

    def inline_math(self, body: str) -> str:
        return f"<math>{escape(f'${one_line(body)}$')}</math>"

    def block_math(self, body: str) -> str:
        label = re.search(r"\\label\s*{(eq-[\w.-]+)}", body)
        if label is None:
            about, number = "", ""
        else:
            body = body.replace(label[0], "")
            about = f' id="{label[1]}"'
            number = f'<span class="number">({self.number("equation")})</span>'
        formula = f"<math>{escape(f'$${one_line(body)}$$')}</math>"
        return f'<div class="equation"{about}><div class="wide">{formula}</div>{number}</div>\n'

    def heading(self, text: str, level: int, **_: Any) -> str:
        return f'<h{level} id="{section_id(text)}">{text}</h{level}>\n'

    def list_item(self, text: str) -> str:
        term = re.match(r"<strong>(.*?)</strong>", text)  # of the glossary
        about = f' id="{section_id(term[1])}"' if term else ""
        return f"<li{about}>{text}</li>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if re.match("https?:", url):
            return f'<a href="{escape(url)}">{text}</a>'
        path, hash_, section = unquote(url).partition("#")
        if path.endswith((".ipynb", ".md")):
            target = page_of(path)
            href = f"{target}.html"
        else:  # an empty path leads to a section of this page
            target = href = PurePosixPath(path).name
        if target and target not in self.targets:
            return text
        return f'<a href="{escape(href + hash_ + section)}">{text}</a>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text  # what a text or a network wrote shows no picture from elsewhere


def section_id(html: str) -> str:
    """The identity of a heading, as JupyterLab makes it: The-words-of-it."""
    return escape(plain(html).replace(" ", "-"))


def plain(html: str) -> str:
    """The words of some HTML."""
    return unescape(re.sub(r"<.*?>", "", html, flags=re.DOTALL))


def one_line(text: str) -> str:
    return " ".join(text.split())


# --- all pages together ---


def with_mathml(pages: dict[str, str]) -> dict[str, str]:
    """The pages, with MathML in place of TeX."""
    found = dict.fromkeys(tex for page in pages.values() for tex in TEX.findall(page))
    markdown = "\n\n".join(unescape(tex) for tex in found)
    html = pypandoc.convert_text(markdown, "html", "markdown", ["--mathml", "--wrap=none"])
    paragraphs = re.findall(r"<p>(.*?)</p>", html, re.DOTALL)
    mathml = dict(zip(found, paragraphs, strict=True))
    return {name: TEX.sub(lambda tex: mathml[tex[1]], page) for name, page in pages.items()}


def search_index(pages: dict[str, str]) -> list[list[str]]:
    """Of each section and each term: its address, its page's title, its own, and its words."""
    index = []
    for name, page in pages.items():
        if name.startswith("solutions-"):
            continue  # a search gives no answer away
        title = ""
        for part in PART.finditer(page):
            words = plain(SYMBOLS.sub(" ", part["title"]))
            title = title or words  # the first part is the page's heading
            text = plain(SYMBOLS.sub(" ", part["text"])).lower()
            other = " ".join(sorted(set(re.findall(r"[^\W\d_][\w’'-]{2,}", text))))
            index.append([f"{name}.html#{unescape(part['id'])}", title, words, other])
    return index


def main() -> None:
    """The command line: RUN OUT FILE ...; an error becomes one sentence."""
    run, out, *beside = map(Path, sys.argv[1:])
    try:
        write_book(run, out, beside)
    except (ValueError, OSError) as error:  # a damaged notebook, a full disk
        raise SystemExit(f"No book: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped: run the same command again.") from None


if __name__ == "__main__":
    main()
