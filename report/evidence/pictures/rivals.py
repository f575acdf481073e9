"""The networks beside compression programs, and beside what others have published."""

import csv
import math
from typing import Any

from ..compressors import name_of
from ..measures import PARTS
from ..setup import CLAIM, HERE
from ..teams import TEAMS
from . import figures, tables
from .made import Answers, Picture, Table

PUBLISHED = HERE.parent / "published.csv"  # losses of others, with their sources
Row = dict[str, Any]

# Who predicts, and whether with n-grams.
COMPARED = [("baseline", False), ("final", False), ("final", True), ("committee", True)]


def rivals_figure(answers: Answers) -> Picture:
    cold = networks(answers, "cold", COMPARED)
    carried = networks(answers, "carried", COMPARED)
    bar = answers["counting"]["bar"]
    carried.append({"name": "n-grams, Kneser-Ney", "network": False} | bar)
    learning = while_learning(answers)
    return Picture(
        figures.rivals(
            {
                "cold, in windows of 256 characters": cold,
                "carried": carried,
                "learning while reading": learning,
            },
            CLAIM,
        ),
        "Networks and their rivals, by protocol: compare within a panel only. An open dot is the "
        "loss on the validation half, a filled one that on the test half, and a tick that on both "
        "together. The dashed line is the claim. The lowest losses on the last 10 % are "
        f"{min(row['held_out'] for row in cold):.3f} cold, "
        f"{min(row['held_out'] for row in carried):.3f} carried, and "
        f"{learning[-1]['held_out']:.3f} while learning, by {learning[-1]['name']}.",
        "Three panels with horizontal rows of dots, networks in one colour and other programs in "
        "another, in each panel from the highest loss at the top to the lowest at the bottom.",
    )


def rivals_table(answers: Answers) -> Table:
    learning = while_learning(answers)
    rows = []
    for row in learning:
        losses = [f"{row[part]:.3f}" for part in PARTS]
        on_plays = tables.number(row["plays"], ".3f")
        bits = f"{row['held_out'] / math.log(2):.3f}"
        if row["network"]:
            seconds = answers["rivals"]["seconds"][row["team"]]
        else:
            seconds = row["seconds"]
        time = tables.duration(seconds)
        rows.append([row["name"], *losses, on_plays, bits, time, row["source"]])
    [of_ppmd] = [row["held_out"] for row in learning if row.get("program") == "PPMd"]
    of_baseline = answers["losses"]["baseline"]["learning"]["held_out"]
    return Table(
        [
            "program or network",
            "validation",
            "test",
            "last 10 %",
            "other plays",
            "bits",
            "time",
            "source",
        ],
        rows,
        "Loss in nats per character while learning, of compression programs and of our networks. "
        "*Bits* are "
        "bits per character on the last 10 %. Time: for a program, that of compressing the "
        "whole text on one core; for a network, roughly, that of its training, beside others. Rows "
        "marked *quoted* were measured once, as `report/rivals.csv` says. On the last 10 %, PPMd "
        f"reaches {of_ppmd:.3f}, and the baseline {of_baseline:.3f}.",
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
            "network": True,
            "source": "measured here",
            "plays": answers["plays"]["losses"][team][key]["mean"],
        }
        found.append(row | answers["losses"][team][key])
    return found


def while_learning(answers: Answers) -> list[Row]:
    """Networks and programs that learn while they read, the highest loss first."""
    rows = networks(answers, "learning", [*COMPARED, ("baseline", True)])
    for program in answers["rivals"]["programs"]:
        rows.append({**program, "name": name_of(program), "network": False})
    return sorted(rows, key=lambda row: row["held_out"], reverse=True)


def published(answers: Answers) -> Table:
    with PUBLISHED.open(newline="", encoding="utf-8") as file:
        others = list(csv.DictReader(file))
    others.sort(key=lambda row: float(row["loss"]), reverse=True)
    rows = []
    lowest = math.inf  # in windows of 256
    for row in others:
        source = f"[{row['source']}]({row['url']})"
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
        ["model", "loss", "protocol", "source"],
        rows,
        "Loss in nats per character on the last 10 % of Tiny Shakespeare: losses of others, quoted "
        "and not measured here, then ours. All are of models that were trained on this text "
        f"alone. In windows of 256, the lowest of others is {lowest:.3f}, on random windows that "
        f"also chose the recipe; the final network has {losses['cold']['held_out']:.3f} on "
        "consecutive ones.",
    )
