"""Is the last tenth a special one? Each tenth of the text is held out once; and other sizes."""

from typing import Any

import torch

from shakespeare.beyond.ngrams import kneser_ney_losses
from shakespeare.data import Corpus, Split
from shakespeare.evaluation import carried_predictions, cold_predictions
from shakespeare.training_folder import read_curves

from .measures import paired
from .predictor import losses_of_each
from .rungs import changed
from .setup import Evidence
from .train import Training

LAST = 10


def split_with(corpus: Corpus, tenth: int) -> Split:
    """The split that holds out a tenth, from 1; what is before and after it is one training text.

    A stream reads over the gap. The last tenth gives the usual split.
    """
    if tenth == LAST:
        return corpus.split()
    end = len(corpus.ids)
    first = int((tenth - 1) * end / 10)
    last = int(tenth * end / 10)
    middle = first + (last - first) // 2
    rest = torch.cat([corpus.ids[:first], corpus.ids[last:]])
    return Split(
        train=Corpus(rest, corpus.chars, f"{corpus.name} without tenth {tenth}"),
        validation=corpus.slice(first, middle, "validation"),
        test=corpus.slice(middle, last, "test"),
        held_out=corpus.slice(first, last, "held-out"),
        whole=corpus,
    )


def trainings(e: Evidence) -> dict[str, Training]:
    """Both recipes on each of the other tenths, and the student's in other sizes."""
    found = {}
    for tenth in e.sizes.tenths:
        if tenth == LAST:
            continue  # trained for the other questions
        split = split_with(e.corpus, tenth)
        for name, recipe in (("baseline", e.recipes["baseline"]), ("final", e.recipes["final"])):
            found[label(name, tenth)] = Training(recipe, split)
    for size in e.sizes.student_sizes:
        recipe = changed(e.recipes["baseline"], {"network.hidden_size": size})
        found[sized(size)] = Training(recipe, e.split)
    return found


def label(name: str, tenth: int) -> str:
    return f"{name}, tenth {tenth}"


def sized(hidden_size: int) -> str:
    return f"the student's recipe with {hidden_size} cells"


def tenths(e: Evidence) -> dict[str, Any]:
    """Losses on each tenth by counting, by the student's recipe, and by the final network."""
    order = e.load("counting")["ngram_best"]["kneser_ney"]
    rows = []
    for tenth in e.sizes.tenths:
        split = split_with(e.corpus, tenth)
        if tenth == LAST:
            baseline, final = e.with_choices("baseline"), e.with_choices("final")
        else:
            baseline = e.as_trained(label("baseline", tenth))
            final = e.with_memory(label("final", tenth))  # chosen once, as everything else
        part = split.held_out
        counted = kneser_ney_losses(split.train.ids, part.ids, e.corpus.vocab_size)[order]
        of_baseline, of_final = losses_of_each([baseline, final], carried_predictions, part)
        # As in training: in windows of the half that chose.
        [cold] = losses_of_each([baseline], cold_predictions, split.validation)
        rows.append(
            {
                "tenth": tenth,
                "counting": counted[1:].mean().item(),
                "baseline": of_baseline.mean().item(),
                "final": of_final.mean().item(),
                "baseline_cold_validation": cold.mean().item(),
            }
        )
    return {"tenths": rows, "sizes": sizes(e), "ranges": ranges(rows), "gains": gains(rows)}


def sizes(e: Evidence) -> dict[str, dict[str, float]]:
    """The losses of the student's recipe on the last tenth, by the cells of a layer."""
    networks = {size: e.as_trained(sized(size)) for size in e.sizes.student_sizes}
    networks[e.recipes["baseline"].network["hidden_size"]] = e.as_trained("the baseline")
    in_order = dict(sorted(networks.items()))
    carried = losses_of_each(list(in_order.values()), carried_predictions, e.held_out)
    found = {}
    for (size, (_, folder)), losses in zip(in_order.items(), carried, strict=True):
        curves = read_curves(folder)
        found[str(size)] = {
            "carried": losses.mean().item(),
            "cold_validation": min(curves["val_loss"]),
            "train_loss": curves["train_loss"][-1],
        }
    return found


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
        found[above] = paired(of_below, of_above) | {"over": below}
        found[above]["without_last"] = paired(of_below[:-1], of_above[:-1])
    return found
