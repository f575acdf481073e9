"""The table of who copies."""

from collections.abc import Mapping

from course.display import Table

from ..answers import Answers


def copying_table(answers: Answers) -> Table:
    found = answers["who_copies"]
    rows = []
    for name, group in found["groups"].items():
        rows.append(
            [
                name,
                f"{group['characters'] / 1e6:.0f}",
                f"{group['cold']:.3f}",
                f"{group['carried']:.3f}",
                from_to(group["names"]["known"]),
                from_to(group["names"]["unknown"]),
                "{:.1f} → {:.1f}".format(*group["letters"]),
                f"{group['copies']} of {len(group['gains'])}",
            ]
        )
    known, unknown = found["returning"]["known"], found["returning"]["unknown"]
    return Table(
        "copying-networks",
        [
            "network",
            "read (M)",
            "cold",
            "in one pass",
            "known names",
            "unknown names",
            "letters",
            "copies",
        ],
        rows,
        "Who copies, after how many million characters. Losses are on the last tenth, means over "
        "the seeds; the others are medians over seeds. Names are in bits, as they are → with each "
        f"earlier copy within {found['reach']} characters spelt backwards: {known['headings']} "
        f"headings with {known['names']} names that the training text has, and "
        f"{unknown['headings']} with {unknown['names']} that it lacks. Letters are random ones, in "
        "bits, the first time → the second time. The last column says with how many seeds the "
        "network copies.",
    )


def from_to(names: Mapping[str, float]) -> str:
    return f"{names['same']:.1f} → {names['backwards']:.1f}"
