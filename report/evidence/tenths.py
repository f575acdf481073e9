"""Is the last tenth a special one? Each tenth of the text is held out once; and other sizes."""

from typing import Any

from shakespeare.beyond.ngrams import kneser_ney_losses
from shakespeare.evaluation import carried_predictions, cold_predictions

from .measures import paired
from .setup import Evidence, mean_losses
from .splits import LAST, split_with
from .trainings import SHIPPED, on_tenth, sized


def tenths(e: Evidence) -> dict[str, Any]:
    """Losses on each tenth by counting, by the student's recipe, and by the final network."""
    order = e.load("counting")["order"]
    rows = []
    for tenth in e.sizes.tenths:
        split = split_with(e.corpus, tenth)
        if tenth == LAST:
            networks = [e.shipped("baseline"), e.shipped("final")]
        else:
            baseline = e.trained(on_tenth("baseline", tenth))
            networks = [baseline, e.with_range(on_tenth("final", tenth))]
        part = split.held_out
        counted = kneser_ney_losses(split.train.ids, part.ids, e.corpus.vocab_size)[order]
        of_baseline, of_final = mean_losses(networks, carried_predictions, part)
        # As in training: in windows of the half that chose.
        [cold] = mean_losses(networks[:1], cold_predictions, split.validation)
        rows.append(
            {
                "tenth": tenth,
                "counting": counted[1:].mean().item(),
                "baseline": of_baseline,
                "final": of_final,
                "baseline_cold_validation": cold,
            }
        )
    return {"tenths": rows, "sizes": sizes(e), "ranges": ranges(rows), "gains": gains(rows)}


def sizes(e: Evidence) -> dict[str, float]:
    """The loss of the student's recipe on the last tenth, by the cells of a layer."""
    trainings = {size: sized(size) for size in e.sizes.student_sizes}
    trainings[e.recipes["baseline"].network["hidden_size"]] = SHIPPED["baseline"]
    in_order = dict(sorted(trainings.items()))
    networks = [e.trained(training) for training in in_order.values()]
    losses = mean_losses(networks, carried_predictions, e.held_out)
    return dict(zip(map(str, in_order), losses, strict=True))


def ranges(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The lowest, mean and highest loss over the tenths."""
    found = {}
    for name in ("counting", "baseline", "final", "baseline_cold_validation"):
        losses = [row[name] for row in rows]
        mean = sum(losses) / len(losses)
        found[name] = {"lowest": min(losses), "mean": mean, "highest": max(losses)}
    return found


def gains(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the recipe gains over counting, and the final network over the recipe.

    Over all tenths, and over those before the last one, which everybody quotes.
    """
    found = {}
    for above, below in (("baseline", "counting"), ("final", "baseline")):
        of_below = [row[below] for row in rows]
        of_above = [row[above] for row in rows]
        found[above] = paired(of_below, of_above)
        found[above]["without_last"] = paired(of_below[:-1], of_above[:-1])
    return found
