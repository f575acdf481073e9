"""Write the project's addresses into README and notebooks: python -m report.links.

`[project.urls]` in pyproject.toml holds them. `Documentation` is the site that pages.yml deploys,
`Repository` is where Colab finds the notebooks. Where an address is missing, nothing links to it.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from shakespeare.files import InputError, write

ROOT = Path(__file__).resolve().parents[1]
BRANCH = "main"  # whose notebooks Colab opens, and whose pages are deployed

BEGIN = "<!-- links: written by report/links.py -->\n"
END = "<!-- end of links -->"

# The links in a notebook: the last paragraph of its first cell.
ONLINE = "Read it with its figures"
COLAB = "Open in Colab"
LINKS = re.compile(rf"\n\n\[({ONLINE}|{COLAB})\]\(.*")

# How the cell with the imports prepares a hosted notebook, up to the next empty line.
HOSTED = re.compile(r"# on Colab and Kaggle.*?(?=\n\n)", re.DOTALL)
INSTALL = """\
# on Colab and Kaggle, after %cd into this folder: install what is missing
if {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"} & os.environ.keys():
    sys.path.insert(0, "..")
    subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "-e", "..[notebooks]"])"""
FETCH_AND_INSTALL = """\
# on Colab and Kaggle: fetch the course, enter its folder, install what is missing
if {"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"} & os.environ.keys():
    if not os.path.exists("../input.txt"):
        if not os.path.exists("shakespeare-lstm"):
            address = "ADDRESS"
            subprocess.check_call(["git", "clone", "-q", "--depth=1", address, "shakespeare-lstm"])
        os.chdir("shakespeare-lstm/notebooks")
    sys.path.insert(0, "..")
    subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "-e", "..[notebooks]"])"""

IN_COLAB = """\
The cell with the imports fetches the course and installs what is missing. Each notebook runs on a
separate machine there. Notebooks 3 to 7 load what earlier ones saved, so run those first, in cells
below the imports: `!jupyter execute 01-preprocessing.ipynb`, and so on."""


class Addresses(NamedTuple):
    """Where the project is on the web; an address that isn't known is empty."""

    site: str = ""
    repository: str = ""

    def page(self, name: str) -> str:
        """A page of the site."""
        return f"{self.site}/{name}.html"

    def colab(self, notebook: str) -> str:
        """Where Colab opens a notebook of the repository."""
        name = self.repository.removeprefix("https://github.com/")
        folder = f"https://colab.research.google.com/github/{name}/blob/{BRANCH}/notebooks"
        return f"{folder}/{notebook}.ipynb"


def write_links(root: Path = ROOT) -> None:
    """Write README and notebooks again where their links aren't those of pyproject.toml."""
    for path, text in linked(root, read_addresses(root)).items():
        if path.read_text(encoding="utf-8") != text:
            write(path, text.encode())
            print(f"Written: {path.relative_to(root)}")


def read_addresses(root: Path) -> Addresses:
    """The addresses in pyproject.toml. Raises InputError for one that can't be linked to."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    urls = project.get("urls", {})
    site = urls.get("Documentation", "").removesuffix("/")
    if site and not re.fullmatch(r"https://[\w.-]+(/[\w.~-]+)*", site):
        raise InputError(
            f"Documentation must be a site such as https://OWNER.github.io/NAME, not {site}."
        )
    repository = urls.get("Repository", "").removesuffix("/").removesuffix(".git")
    if repository and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", repository):
        raise InputError(f"Repository must be https://github.com/OWNER/NAME, not {repository}.")
    return Addresses(site, repository)


def linked(root: Path, addresses: Addresses) -> dict[Path, str]:
    """The README and all notebooks, each with its links to these addresses and no others."""
    notebooks = sorted((root / "notebooks").glob("0*.ipynb"))
    readme = root / "README.md"
    names = [notebook.stem for notebook in notebooks]
    texts = {readme: linked_readme(readme.read_text(encoding="utf-8"), names, addresses)}
    for notebook in notebooks:
        source = notebook.read_text(encoding="utf-8")
        texts[notebook] = linked_notebook(source, notebook.stem, addresses)
    return texts


# README


def linked_readme(text: str, notebooks: list[str], addresses: Addresses) -> str:
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    paragraphs = []
    if addresses.site:
        paragraphs.append(site_links(addresses))
    if addresses.repository:
        paragraphs.append(colab_links(notebooks, addresses))
    links = "".join(f"\n{paragraph}\n" for paragraph in paragraphs)
    return f"{before}{BEGIN}{links}{END}{after}"


def site_links(addresses: Addresses) -> str:
    course = f"[the course with its figures]({addresses.site}/)"
    report = f"[the report]({addresses.page('shakespeare-lstm')})"
    explorer = f"[the explorer]({addresses.page('explorer')})"
    return f"**Online**, with nothing to install: {course}, {report} and {explorer}."


def colab_links(notebooks: list[str], addresses: Addresses) -> str:
    links = []
    for name in notebooks:
        number = name.partition("-")[0].lstrip("0")
        links.append(f"[{number}]({addresses.colab(name)})")
    return f"**{COLAB}**: notebook {', '.join(links)}.\n{IN_COLAB}"


# Notebooks


def linked_notebook(source: str, name: str, addresses: Addresses) -> str:
    notebook = json.loads(source)
    title, _, imports, *_ = notebook["cells"]
    set_source(title, linked_title("".join(title["source"]), name, addresses))
    set_source(imports, linked_imports("".join(imports["source"]), addresses))
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def set_source(cell: dict, source: str) -> None:
    cell["source"] = source.splitlines(keepends=True)


def linked_title(source: str, name: str, addresses: Addresses) -> str:
    links = []
    if addresses.site:
        links.append(f"[{ONLINE}]({addresses.page(name)})")
    if addresses.repository:
        links.append(f"[{COLAB}]({addresses.colab(name)})")
    without = LINKS.sub("", source)
    return f"{without}\n\n{' · '.join(links)}" if links else without


def linked_imports(source: str, addresses: Addresses) -> str:
    return HOSTED.sub(lambda _: hosted(addresses), source)


def hosted(addresses: Addresses) -> str:
    """The lines that prepare a notebook on Colab or Kaggle."""
    if addresses.repository:
        return FETCH_AND_INSTALL.replace("ADDRESS", addresses.repository)
    return INSTALL


if __name__ == "__main__":
    try:
        write_links()
    except (ValueError, OSError) as error:
        raise SystemExit(f"No links: {error}") from None
