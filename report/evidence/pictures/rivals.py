"""The networks beside compression programs, and beside what others have published."""

import math
from collections.abc import Sequence
from typing import Any

from course.display import signed
from report import board

from ..ahead import ALONE
from ..compressors import name_of
from ..measures import PARTS
from ..setup import CLAIM
from ..teams import TEAMS
from . import figures, tables
from .made import Answers, Picture, Table

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
        "Networks and their rivals, by protocol: compare within a panel only. Each row has the "
        "losses on the validation half, on the test half and, as a tick and a number, on both "
        f"together. The lowest on the last 10 % are {lowest_in(cold)} cold, {lowest_in(carried)} "
        f"carried, and {lowest_in(learning)} while learning.",
        f"Three panels with {len(cold)}, {len(carried)} and {len(learning)} rows of marks, "
        "networks in one colour and other programs in another, from the highest loss at the top "
        "of each panel to the lowest at its bottom; a dashed line marks the claim.",
    )


def lowest_in(rows: Sequence[Row]) -> str:
    """The lowest loss, and whose it is."""
    lowest = min(rows, key=lambda row: row["held_out"])
    return f"{lowest['held_out']:.3f} ({lowest['name']})"


def rivals_table(answers: Answers) -> Table:
    learning = while_learning(answers)
    rows = []
    for row in learning:
        losses = [f"{row[part]:.3f}" for part in PARTS]
        on_plays = tables.number(row["plays"], ".3f")
        bits = f"{row['held_out'] / math.log(2):.3f}"
        rows.append([row["name"], *losses, on_plays, bits, row["source"]])
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
            "source",
        ],
        rows,
        "Loss in nats per character while learning, of compression programs and of our networks. "
        "*Bits* are "
        "bits per character on the last 10 %. Rows marked *quoted* were measured once, as "
        f"`report/rivals.csv` says. On the last 10 %, PPMd reaches {of_ppmd:.3f}, the baseline "
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
            "network": True,
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
        row = {"name": name, "network": team != ALONE, "source": "measured here"}
        found.append(row | losses | {"plays": losses["plays"]["mean"]})
    return found


def ahead(answers: Answers) -> Table:
    """The mixtures with contexts beside n-grams with fixed exponents and the best program."""
    found = answers["ahead"]
    rows = []
    for team, with_it in teams_ahead(answers).items():
        if team != ALONE:
            at_home = answers["losses"][team]["learning_mixed"]
            of_ngrams = [with_it[group]["with_ngrams"]["mean"] for group in ("plays", "kept_back")]
            before = f"{TEAMS[team].title}, with n-grams"
            rows.append([before, *in_three([at_home[part] for part in PARTS] + of_ngrams)])
        of_plays = [with_it[group]["mean"] for group in ("plays", "kept_back")]
        name = title_ahead(team, answers)
        rows.append([name, *in_three([with_it[part] for part in PARTS] + of_plays)])
    over = found["over_program"]
    [best] = [row for row in answers["rivals"]["programs"] if name_of(row) == over["program"]]
    of_best = [best[part] for part in PARTS] + [best["plays"]]
    rows.append([over["program"], *in_three(of_best), "–"])
    gain = over["pair"]["plays"]
    return Table(
        ["who predicts", "validation", "test", "last 10 %", "14 plays", "14 others"],
        rows,
        "Loss in nats per character while learning. *With n-grams*: mixed by exponents fitted on "
        f"the validation half. *With contexts*: mixed with counts in {found['contexts']} contexts "
        "by weights that learn while they read. The 14 others were kept back until everything was "
        f"chosen. On the 14 plays, the two shipped networks with contexts are ahead of "
        f"{over['program']} by {signed(gain['mean'])} (95 % t interval over the plays: "
        f"{tables.from_to(gain['interval'])}).",
    )


def in_three(losses: Sequence[float]) -> list[str]:
    return [f"{loss:.3f}" for loss in losses]


def while_learning(answers: Answers) -> list[Row]:
    """Networks and programs that learn while they read, the highest loss first."""
    rows = networks(answers, "learning", [*COMPARED, ("baseline", True)])
    rows += with_contexts(answers)
    for program in answers["rivals"]["programs"]:
        rows.append({**program, "name": name_of(program), "network": False})
    return sorted(rows, key=lambda row: row["held_out"], reverse=True)


def published(answers: Answers) -> Table:
    others = sorted(board.others(), key=lambda row: float(row["loss"]), reverse=True)
    rows = []
    lowest = math.inf  # in windows of 256
    for row in others:
        source = f"[{row['by']}]({row['repeat']})"
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
        "and not measured here, then ours. All but the unexplained one are of models that were "
        "trained on this text alone. Apart from it, the lowest of others in windows of 256 is "
        f"{lowest:.3f}, on random windows that also chose the recipe; the final network has "
        f"{losses['cold']['held_out']:.3f} on consecutive ones, half of which "
        "chose its recipe. The protocols differ, so this is no ranking.",
    )
