"""How good are these losses, beside compression programs and what others have published?"""

import csv
import math
from typing import Any

import torch

from shakespeare.runs import training_seconds

from . import compressors, figures, tables
from .losses import TEAMS, members
from .measures import mean_with_interval
from .plays import beginnings
from .setup import CLAIM, HERE, Evidence

PUBLISHED = HERE.parent / "published.csv"  # losses of others, with their sources


def rivals(e: Evidence) -> dict[str, Any]:
    """Compression programs as predictors that learn while they read, and others' losses."""
    texts = beginnings(e.corpus, e.sizes.play)
    programs = compressors.table_rows(e.corpus, texts)
    at_home = e.load("losses")
    on_plays = e.load("plays")["losses"]
    _, of_baseline = e.trained("the baseline")
    _, of_final = e.trained("the final network")
    seconds = {
        "baseline": training_seconds(of_baseline),
        "final": training_seconds(of_final),
        "committee": sum(training_seconds(run) for _, run in members(e).values()),
    }

    def rows_of(protocol: str, pairs: list[tuple[str, bool]]) -> list[dict[str, Any]]:
        """Rows for pairs (team, mixed), which say who predicts and whether n-grams are there."""
        found = []
        for team, mixed in pairs:
            key = f"{protocol}_mixed" if mixed else protocol
            name = f"{TEAMS[team]}, with n-grams" if mixed else TEAMS[team]
            loss = at_home[team][key] | {"plays": on_plays[team][key]["mean"]}
            found.append(tables.rival(name, loss, seconds=seconds[team]))
        return found

    compared = [("baseline", False), ("final", False), ("final", True), ("committee", True)]
    cold = rows_of("cold", compared)
    carried = rows_of("carried", compared)
    bar = e.load("counting")["bar"]
    carried.append(tables.rival("n-grams, Kneser-Ney", bar, network=False))
    learning = rows_of("learning", [*compared, ("baseline", True)])
    for program in programs:
        learning.append({**program, "name": compressors.name_of(program), "network": False})
    learning.sort(key=lambda row: row["held_out"], reverse=True)
    [of_ppmd] = [row["held_out"] for row in programs if row["program"] == "PPMd"]
    show_rivals(e, cold, carried, learning, of_ppmd)
    show_published(e, at_home)

    strongest = min(programs, key=lambda row: row["held_out"])
    ours = at_home["committee"]["learning_mixed"]
    # How far we are ahead, by part.
    verdict: dict[str, Any] = {"program": compressors.name_of(strongest)}
    verdict |= {part: strongest[part] - ours[part] for part in tables.PARTS}
    by_play = on_plays["committee"]["learning_mixed"]["by_play"]
    if len(strongest["by_play"]) == len(by_play):  # in smoke, plays of another length
        ahead = torch.tensor(strongest["by_play"]) - torch.tensor(by_play)
        found = mean_with_interval(ahead, 1)
        verdict |= {"plays": found["mean"], "plays_interval": found["interval"]}
    return {"programs": programs, "verdict": verdict}


def show_rivals(
    e: Evidence,
    cold: list[dict[str, Any]],
    carried: list[dict[str, Any]],
    learning: list[dict[str, Any]],
    of_ppmd: float,
) -> None:
    e.figure(
        "rivals",
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
    rows = []
    for each in learning:
        losses = [f"{each[part]:.3f}" for part in tables.PARTS]
        on_plays = tables.number(each.get("plays"), ".3f")
        bits = f"{each['held_out'] / math.log(2):.3f}"
        time = tables.duration(each["seconds"])
        rows.append([each["name"], *losses, on_plays, bits, time, each["source"]])
    [of_baseline] = [row["held_out"] for row in learning if row["name"] == TEAMS["baseline"]]
    e.table(
        "rivals",
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


def show_published(e: Evidence, at_home: dict[str, Any]) -> None:
    with PUBLISHED.open(newline="", encoding="utf-8") as file:
        published = list(csv.DictReader(file))
    published.sort(key=lambda row: float(row["loss"]), reverse=True)
    rows = []
    lowest = math.inf  # in windows of 256
    for row in published:
        rows.append(
            [row["model"], row["loss"], row["protocol"], f"[{row['source']}]({row['url']})"]
        )
        if "of 256" in row["protocol"]:
            lowest = min(lowest, float(row["loss"]))
    millions = e.load("networks")["final"]["parameters"] / 1e6
    ours = f"the final network, {millions:.2f} M"
    losses = at_home["final"]
    for protocol, how in {"cold": "windows of 256", "carried": "one pass, carried"}.items():
        loss = losses[protocol]["held_out"]
        mixed = losses[f"{protocol}_mixed"]["held_out"]
        rows.append([ours, f"{loss:.4f}", how, "measured here"])
        rows.append([f"{ours}, with n-grams", f"{mixed:.4f}", how, "measured here"])
    e.table(
        "published",
        ["model", "loss", "protocol", "source"],
        rows,
        "Loss in nats per character on the last 10 % of Tiny Shakespeare: losses of others, quoted "
        "and not measured here, then ours. All are of models that were trained on this text "
        f"alone. In windows of 256, the lowest of others is {lowest:.3f}, on random windows that "
        f"also chose the recipe; the final network has {losses['cold']['held_out']:.3f} on "
        "consecutive ones.",
    )
