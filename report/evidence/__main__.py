"""Ask the questions: python -m report.evidence smoke|full, or only draw.

It trains what isn't trained, asks what isn't answered, and draws all pictures. A stopped run
resumes. To train a network again, delete its folder in build/PROFILE/runs; to ask a question again,
delete its answer in build/PROFILE/evidence.

    python -m report.evidence draw [FOLDER]

only draws, from the answers in a folder such as build/full. Without one, it draws what is published
into a temporary folder, to look at. All of it needs PYTHONPATH=notebooks, which make sets.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from shakespeare.files import InputError
from study.trained import versions

from . import answers
from .pictures import draw
from .questions import QUESTIONS
from .setup import SIZES, Evidence
from .train import say_what_it_costs, train_all
from .trainings import on_input


def main() -> None:
    parser = argparse.ArgumentParser("report.evidence")
    commands = parser.add_subparsers(dest="command", required=True)
    for profile in SIZES:
        commands.add_parser(profile, help="train, measure and draw")
    command = commands.add_parser("draw", help="only draw, from answers")
    command.add_argument("folder", nargs="?", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "draw":
        draw_again(arguments.folder)
    else:
        ask(arguments.command)


def ask(profile: str) -> None:
    """Answer the questions that have no answer yet."""
    e = Evidence(profile)
    e.trainings = on_input(e)
    say_what_it_costs(e.trainings, e.build)
    train_all(e.trainings, e.build)
    answers.save(e.folder, "about", about(e))
    for name, question in QUESTIONS.items():
        if not answers.path_of(e.folder, name).exists():
            print(f"evidence: {name}", flush=True)
            answers.save(e.folder, name, question(e))
    draw(answers.load_all(e.folder, ("about", *QUESTIONS)), e.folder / "figures")


def about(e: Evidence) -> dict[str, str]:
    """What the networks were trained with."""
    return {"profile": e.profile, "versions": versions(), "precision": e.sizes.precision}


def draw_again(build: Path | None) -> None:
    """Draw all pictures of a folder's answers, or of those that are published."""
    if build is None:
        folder = Path(tempfile.mkdtemp(prefix="figures-"))
        draw(answers.published(), folder)
    else:
        folder = build / "evidence" / "figures"
        draw(answers.load_all(build / "evidence", ("about", *QUESTIONS)), folder)
    print(f"Drawn: {folder}")


if __name__ == "__main__":
    try:
        main()
    except (InputError, OSError) as error:  # an answer is missing, the disk is full
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped: the same command resumes, and finds what was trained or answered.")
