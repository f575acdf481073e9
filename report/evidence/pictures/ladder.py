"""The figure of the gains, step by step."""

from course.display import Picture, signed
from course.figures import beyond

from ..answers import Answers


def gains(answers: Answers) -> Picture:
    about = answers["ladder"]
    (_, bottom), *above = about["rungs"].items()
    rows = []
    of_seeds = []
    for name, rung in above:
        gain = rung["gain"]["held_out"]
        judged = {"gain": gain["mean"], "interval": gain["interval"], "by_seed": gain["by_seed"]}
        rows.append({"name": name, "gain": judged, "loss": rung["loss"]})
        of_seeds += gain["by_seed"]
    return Picture(
        "gains-of-seeds",
        beyond.gains(rows),
        f"What each step gains over the one before, in small networks of {about['num_layers']} "
        f"layers with {about['hidden_size']} cells, and on the right the loss that it reaches, "
        f"means over {about['seeds']} seeds; a bar is the 95 % t interval over them. The first is "
        f"compared with the student's recipe in this size, which has {bottom['loss']:.3f}; the "
        "copy head comes with a carried state. With any seed, the smallest gain is "
        f"{signed(min(of_seeds))}.",
        f"A row for each of {len(above)} steps, with its gain as a line, a bar for the interval "
        "and a dot for each seed; a dashed line marks zero.",
    )
