"""Write the project's addresses into README and notebooks: python -m report.links.

`[project.urls]` in pyproject.toml holds them. `Documentation` is the site that pages.yml deploys,
`Repository` is where Colab finds the notebooks. Where an address is missing, nothing links to it.
"""

import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from shakespeare.files import write

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- links: written by report/links.py -->\n"
END = "<!-- end of links -->"
COLAB = "https://colab.research.google.com/github"
FIRST = "blob/main/notebooks/01-preprocessing.ipynb"
ADDRESS = re.compile(r'address = \\".*?\\"')  # in the imports cell; JSON escapes the quotes


def read_addresses() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project.get("urls", {})


def linked(addresses: Mapping[str, str]) -> dict[Path, str]:
    """What README and notebooks are with these addresses."""
    site = addresses.get("Documentation", "").removesuffix("/")
    repository = addresses.get("Repository", "").removesuffix("/").removesuffix(".git")
    if not re.fullmatch(r"(https://[\w./~-]+)?", site):
        sys.exit(f"Documentation must be a site such as https://OWNER.github.io/NAME, not {site}.")
    if not re.fullmatch(r"(https://github\.com/[\w.-]+/[\w.-]+)?", repository):
        sys.exit(f"Repository must be https://github.com/OWNER/NAME, not {repository}.")
    links = []
    if site:
        links.append(f"[the course with its figures]({site}/)")
        links.append(f"[the report]({site}/shakespeare-lstm.html)")
        links.append(f"[the explorer]({site}/explorer.html)")
    if repository:
        name = repository.removeprefix("https://github.com/")
        links.append(f"[notebook 1 in Colab]({COLAB}/{name}/{FIRST})")
    line = f"\n**Online**: {', '.join(links)}.\n" if links else ""
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    texts = {readme: f"{before}{BEGIN}{line}{END}{after}"}
    for notebook in sorted((ROOT / "notebooks").glob("0*.ipynb")):
        source = notebook.read_text(encoding="utf-8")
        texts[notebook] = ADDRESS.sub(rf'address = \\"{repository}\\"', source)
    return texts


if __name__ == "__main__":
    for path, text in linked(read_addresses()).items():
        if path.read_text(encoding="utf-8") != text:
            write(path, text.encode())
            print(f"Written: {path.relative_to(ROOT)}")
