"""The networks beside compression programs, and beside what others have published."""

import math
from typing import Any

from course.display import Table

from .. import quoted
from ..ahead import ALONE
from ..answers import Answers
from ..measures import PARTS
from ..teams import TEAMS
from . import tables

Row = dict[str, Any]

# Who predicts, and whether with n-grams.
COMPARED = [("baseline", False), ("final", False), ("final", True), ("committee", True)]


def rivals_table(answers: Answers) -> Table:
    learning = while_learning(answers)
    rows = []
    for row in learning:
        losses = [f"{row[part]:.3f}" for part in PARTS]
        on_plays = tables.number(row["plays"], ".3f")
        bits = f"{row['held_out'] / math.log(2):.3f}"
        rows.append([row["name"], *losses, on_plays, bits, row["source"]])
    of_baseline = answers["losses"]["baseline"]["learning"]["held_out"]
    return Table(
        "rivals",
        [
            "program or network",
            "validation",
            "test",
            "last 10 %",
            "other plays",
            "bits",
            "source",
        ],
        rows,
        "Loss in nats per character while learning, of our networks and of a compression program. "
        "*Bits* are bits per character on the last 10 %. Rows marked *quoted* were measured once, "
        "as `report/programs.csv` says. On the last 10 %, the baseline reaches "
        f"{of_baseline:.3f}, and {learning[-1]['name']} {learning[-1]['held_out']:.3f}.",
    )


def networks(answers: Answers, protocol: str, pairs: list[tuple[str, bool]]) -> list[Row]:
    """A row for each pair of a team and whether it is mixed with n-grams."""
    found = []
    for team, mixed in pairs:
        key = f"{protocol}_mixed" if mixed else protocol
        title = TEAMS[team].title
        row = {
            "name": f"{title}, with n-grams" if mixed else title,
            "team": team,
            "source": "measured here",
            "plays": answers["plays"]["losses"][team][key]["mean"],
        }
        found.append(row | answers["losses"][team][key])
    return found


def teams_ahead(answers: Answers) -> dict[str, Any]:
    return answers["ahead"]["teams"] | answers["committee_ahead"]["teams"]


def title_ahead(team: str, answers: Answers) -> str:
    if team == ALONE:
        return f"{answers['ahead']['contexts']} contexts, no network"
    return f"{TEAMS[team].title}, with contexts"


def with_contexts(answers: Answers) -> list[Row]:
    """The mixtures with contexts, whose weights learn while they read."""
    found = []
    for team, losses in teams_ahead(answers).items():
        name = title_ahead(team, answers)
        row = {"name": name, "source": "measured here"}
        found.append(row | losses | {"plays": losses["plays"]["mean"]})
    return found


def while_learning(answers: Answers) -> list[Row]:
    """Networks and programs that learn while they read, the highest loss first."""
    rows = networks(answers, "learning", [*COMPARED, ("baseline", True)])
    rows += with_contexts(answers)
    for program in quoted.programs():
        rows.append({**program, "name": quoted.name_of(program), "source": "quoted"})
    return sorted(rows, key=lambda row: row["held_out"], reverse=True)


def published(answers: Answers) -> Table:
    others = sorted(quoted.others(), key=lambda row: float(row["loss"]), reverse=True)
    rows = []
    lowest = math.inf  # in windows of 256
    for row in others:
        source = f"[{row['by']}]({row['address']})"
        rows.append([row["model"], row["loss"], row["protocol"], source])
        if "of 256" in row["protocol"]:
            lowest = min(lowest, float(row["loss"]))
    millions = answers["networks"]["final"]["parameters"] / 1e6
    ours = f"the final network, {millions:.2f} M"
    losses = answers["losses"]["final"]
    for protocol, how in {"cold": "windows of 256", "carried": "one pass, carried"}.items():
        loss = losses[protocol]["held_out"]
        mixed = losses[f"{protocol}_mixed"]["held_out"]
        rows.append([ours, f"{loss:.4f}", how, "measured here"])
        rows.append([f"{ours}, with n-grams", f"{mixed:.4f}", how, "measured here"])
    return Table(
        "published",
        ["model", "loss", "protocol", "source"],
        rows,
        "Loss in nats per character on the last 10 % of Tiny Shakespeare: losses of others, quoted "
        "and not measured here, then ours. All but the lowest quoted one, which may be of another "
        "text, are of models that were trained on this text alone. Apart from it, the lowest of "
        "others in windows of 256 is "
        f"{lowest:.3f}, on random windows that also chose the recipe; the final network has "
        f"{losses['cold']['held_out']:.3f} on consecutive ones, half of which "
        "chose its recipe by our code, though we had seen losses of trials on the other half, too. "
        "The protocols differ, so this is no ranking.",
    )


HELD_OUT = {  # how, in report/survey.csv
    "a": "stretches into which no training window reaches",
    "b": "overlapping windows are made, then split at random",
    "c": "windows without overlap, or lines, are split at random",
    "d": "overlapping windows are made, then their list is cut",
    "f": "the validation text is also trained on, in another way",
    "g": "independent items, such as songs",
    "e": "nothing",
}


def survey(answers: Answers) -> Table:
    independent = [row for row in quoted.survey() if row["independent"] == "yes"]
    rows = []
    for letter, how in HELD_OUT.items():
        projects = [row for row in independent if row["held_out"] == letter]
        on_this_text = [row for row in projects if row["tiny_shakespeare"].startswith("yes")]
        rows.append([how, str(len(projects)), str(len(on_this_text))])
    return Table(
        "survey",
        ["what is held out", "projects", "on Tiny Shakespeare"],
        rows,
        f"How {len(independent)} independent public projects hold out text for a character-level "
        "model, by their code: `report/survey.csv` names them. They were found by their names, and "
        "some were searched for the second row, so the shares are no estimates. In all "
        f"but two of the first row's {rows[0][1]}, the text is cut, or comes in separate files, "
        "before windows are made.",
    )
