"""Ask the questions: python -m report.evidence PROFILE [--question NAME ...]

Without names, all are asked in their order. A stopped run resumes: what was trained or predicted
before is read again, and so are answers by the same code, if they are newer than the trained
networks and the answers before them. A question by its name is there for changing it: it takes the
earlier answers as they are, so only the next whole run can be published.
"""

import argparse
import hashlib
import shutil
import sys
from datetime import date

from course.results import versions
from shakespeare.files import InputError, write
from shakespeare.runs import train_many

from .questions import QUESTIONS
from .setup import HERE, SIZES, Evidence
from .trainings import all_trainings, say_what_it_costs

ROOT = HERE.parents[1]
CODE = [  # and what it reads
    *HERE.glob("*.py"),
    *HERE.glob("*.toml"),
    HERE.parent / "published.csv",
    HERE.parent / "rivals.csv",
    *(ROOT / "notebooks" / "course").rglob("*.py"),
    *(ROOT / "shakespeare").rglob("*.py"),
    *(ROOT / "shakespeare").rglob("*.toml"),
    ROOT / "input.txt",
]


def hash_of_code() -> str:
    content = b"".join(path.read_bytes() for path in sorted(CODE))
    return hashlib.sha256(content).hexdigest()


IMPORTED = hash_of_code()  # when the program starts


def main() -> None:
    parser = argparse.ArgumentParser("report.evidence")
    parser.add_argument("profile", choices=list(SIZES))
    parser.add_argument("--question", action="append", choices=list(QUESTIONS), metavar="NAME")
    arguments = parser.parse_args()
    names = arguments.question
    e = Evidence(arguments.profile)
    # about.json says that the answers are those of one whole run.
    e.path("about").unlink(missing_ok=True)
    e.trainings = all_trainings(e)
    say_what_it_costs(e)
    e.networks = train_many(e.trainings, e.build)
    for name in names or questions_left(e):
        print(f"evidence: {name}", flush=True)
        e.save(name, QUESTIONS[name](e))
    if not names:
        e.save("about", about(e))


def questions_left(e: Evidence) -> list[str]:
    """Those that a stopped run hasn't answered yet; what an older run has left is deleted."""
    by_code = e.folder / "code.txt"
    latest = max((run / "model.safetensors").stat().st_mtime for _, run in e.networks.values())
    left = list(QUESTIONS)
    if by_code.exists() and by_code.read_text() == IMPORTED:
        for name in QUESTIONS:
            path = e.path(name)
            if not path.exists() or path.stat().st_mtime <= latest:
                break
            latest = path.stat().st_mtime
            left.remove(name)
    if left == list(QUESTIONS):  # nothing that is there can stay
        shutil.rmtree(e.folder, ignore_errors=True)
        write(by_code, IMPORTED.encode())
    return left


def about(e: Evidence) -> dict[str, str]:
    """What all numbers were made with. Raises InputError if the code has changed meanwhile."""
    if hash_of_code() != IMPORTED:
        raise InputError("The code was edited while the questions were asked: run it again.")
    _, run = e.trained("the final network")
    return {
        "profile": e.profile,
        "text": "input.txt",
        "fingerprint": e.corpus.hash,
        "versions": versions(),
        "precision": e.sizes.precision,
        "date": date.fromtimestamp((run / "best.ckpt").stat().st_mtime).isoformat(),
    }


if __name__ == "__main__":
    try:
        main()
    except (InputError, OSError) as error:  # an earlier answer is missing, pip can't download
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped: run it again. What was trained or predicted is found again.")
