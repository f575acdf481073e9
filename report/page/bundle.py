"""Join the page's modules to one script, which view-source shows as it was written."""

import re
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "sources"
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:async )?(?:class|const|function|let) (\w+)", re.MULTILINE)


def script(*names: str) -> str:
    """Some modules and all that they import as one script in strict mode.

    Raises ValueError for modules that import each other, and for a name that two of them declare,
    because a script has one scope.
    """
    parts = []
    declared: dict[str, Path] = {}
    for path in in_order(*names):
        code = path.read_text(encoding="utf-8")
        for name in NAME.findall(code):
            other = declared.setdefault(name, path)
            if other != path:
                raise ValueError(f"{other.name} and {path.name} both declare {name}.")
        parts.append(EXPORT.sub("", IMPORT.sub("", code)))
    return '"use strict";\n\n' + "\n".join(parts)


def in_order(*names: str) -> list[Path]:
    """The modules and all that they import, each after those that it imports."""
    found: list[Path] = []
    for name in names:
        add(SOURCES / name, found, ())
    return found


def add(path: Path, found: list[Path], importers: tuple[Path, ...]) -> None:
    """Append a module to `found`, after what it imports; `importers` lead to it."""
    if path in importers:
        circle = " > ".join(each.name for each in (*importers, path))
        raise ValueError(f"Modules import each other: {circle}.")
    if path in found:
        return
    for relative in IMPORT.findall(path.read_text(encoding="utf-8")):
        add((path.parent / relative).resolve(), found, (*importers, path))
    found.append(path)
