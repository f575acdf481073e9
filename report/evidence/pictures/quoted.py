"""The tables of what others have published."""

from course.display import Table

from ..answers import Answers
from ..quoted import others
from ..quoted import survey as projects

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
    counts = answers["quoted"]["held_out"]
    of_this_text = dict.fromkeys(HELD_OUT, 0)
    for row in projects():
        if row["independent"] == "yes" and row["tiny_shakespeare"].startswith("yes"):
            of_this_text[row["held_out"]] += 1
    rows = []
    for letter, how in HELD_OUT.items():
        rows.append([how, str(counts[letter]), str(of_this_text[letter])])
    return Table(
        "survey",
        ["what is held out", "projects", "on Tiny Shakespeare"],
        rows,
        f"How {answers['quoted']['projects']} independent public projects hold out text for a "
        "character-level model, by their code: `report/survey.csv` names them. They were found by "
        "their names, and some were searched for the second row, so the shares are no estimates. "
        "In all but two of the first row, the text is cut, or comes in separate files, before "
        "windows are made.",
    )


def published(answers: Answers) -> Table:
    rows = []
    for row in sorted(others(), key=lambda row: float(row["loss"]), reverse=True):
        source = f"[{row['by']}]({row['address']})"
        rows.append([row["model"], row["loss"], row["protocol"], source])
    final = answers["networks"]["final"]
    ours = f"the final network, {final['parameters'] / 1e6:.2f} M"
    for protocol, how in {"cold": "windows of 256", "carried": "one pass"}.items():
        loss = final["losses"][protocol]["held_out"]
        rows.append([ours, f"{loss:.4f}", how, "measured here"])
    return Table(
        "published",
        ["model", "loss", "protocol", "source"],
        rows,
        "Loss in nats per character on the last tenth of Tiny Shakespeare: losses of others, "
        "quoted and not measured here, then ours. All but the lowest quoted one, which may be of "
        "another text, are of models that were trained on this text alone. The protocols differ, "
        "so this is no ranking.",
    )
