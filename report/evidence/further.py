"""What of depth, attention and other texts, which the student's report leaves to future work?"""

import math
from functools import partial
from typing import Any

import torch

from course import choices, ladder
from course.ladder import Trained
from course.predictions import Prediction, cache_side_by_side, cached
from course.results import count_parameters
from shakespeare.beyond.many import side_by_side
from shakespeare.beyond.mixture import evaluate
from shakespeare.beyond.ngrams import kneser_ney_losses
from shakespeare.beyond.renaming import RenamedStreams
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.runs import read_curves, training_seconds

from . import figures, stacks
from .setup import Evidence
from .trainings import all_stacks, other_texts, with_attention, with_seed


def depth(e: Evidence) -> dict[str, Any]:
    """Stacks of one layer to four, all with about as many parameters."""
    all_of_them = all_stacks(e)
    trained = [e.trained(str(stack)) for stack in all_of_them]
    losses = ladder.losses(trained, carried_predictions, e.split.validation)
    rows = []
    by_series: dict[str, dict[str, float]] = {}
    for stack, (network, run), of_stack in zip(all_of_them, trained, losses, strict=True):
        row = stacks.stack_row(stack, e.trainings[str(stack)], network, run, of_stack)
        rows.append(row)
        by_series.setdefault(stack.series, {})[str(row["layers"])] = row["carried_validation"]
    plain = [row for row in rows if row["series"] == "equal parameters"]
    best = {}  # the number of layers with the lowest loss
    for series, of_series in by_series.items():
        label, _, _ = figures.SERIES[series]
        best[label] = min(of_series, key=of_series.__getitem__)
    if set(best.values()) == {"1"}:
        finding = "In every series, a single layer has the lowest loss."
    else:
        listed = ", ".join(f"{layers} ({label})" for label, layers in best.items())
        finding = f"The number of layers with the lowest loss is {listed}."
    e.figure(
        "depth",
        figures.depth(rows),
        "Carried loss on the validation half by the number of layers, for stacks with "
        f"{figures.budget(rows)}. {finding} For plain stacks, the loss goes from "
        f"{plain[0]['carried_validation']:.3f} with one layer to "
        f"{plain[-1]['carried_validation']:.3f} with {plain[-1]['layers']} layers.",
        "A curve for each series over the number of layers.",
    )
    return {"stacks": rows, "losses": by_series}


def hybrids(e: Evidence) -> dict[str, Any]:
    """Networks with attention beside those of the ladder, on the validation half."""
    keys = {}
    for name in ("rate and schedule", "layer normalisation", "invented names"):
        keys[name] = with_seed(name, e.sizes.seeds[0])
    keys |= {name: name for name in with_attention(e)}
    trained = [e.trained(key) for key in keys.values()]
    losses = ladder.losses(trained, carried_predictions, e.split.validation)
    found = {}
    curves = {}
    for (name, key), (network, run), carried in zip(keys.items(), trained, losses, strict=True):
        logged = read_curves(run)  # with a value for each epoch
        val_losses = logged["val_loss"]
        millions = count_parameters(network) / 1e6
        each = stacks.epochs_read(e.trainings[key]) / len(val_losses)
        epochs = [each * (k + 1) for k in range(len(val_losses))]
        curves[f"{name} ({millions:.2f} M)"] = (epochs, val_losses)
        found[name] = {
            "parameters": count_parameters(network),
            "seconds": training_seconds(run),
            "cold": min(val_losses),  # of the best checkpoint
            "carried": carried.mean().item(),
        }
    last = {label: val_losses[-1] for label, (_, val_losses) in curves.items()}
    lowest = min(last, key=last.__getitem__)
    e.figure(
        "hybrids",
        figures.hybrids(curves, e.load("counting")["bar"]["validation"]),
        "Loss on the validation half in cold windows, while networks of so many million parameters "
        "read the training text; those with attention read half as much. Compare only the last "
        "points: before the end, the high learning rate keeps the loss up. The lowest last point "
        f"is that of {lowest}, at {last[lowest]:.3f}.",
        "Falling curves, one for each network, with points, and a dotted line for the n-grams.",
    )
    return found


def texts(e: Evidence) -> dict[str, Any]:
    """Copying, invented names and n-grams on texts of other kinds, in bits per character."""
    corpora = other_texts(e)
    lstms = {title: e.trained(f"{title}, LSTM") for title in corpora}
    copiers = {title: e.trained(f"{title}, with copy head") for title in corpora}
    jobs: dict[Any, Any] = {}
    for title, corpus in corpora.items():
        parts = corpus.split()
        jobs[title, "n-grams"] = partial(
            kneser_ney_losses,
            parts.train.ids,
            parts.held_out.ids,
            corpus.vocab_size,
            e.sizes.other_order,
        )
        copier, _ = copiers[title]
        jobs[title, "copying range"] = partial(
            choices.losses_by_memory, copier, parts.validation, e.sizes.other_ranges
        )
    computed = side_by_side(jobs)

    missing: list[Prediction] = []
    for title, corpus in corpora.items():
        copier, _ = copiers[title]
        choices.set_memory(copier, computed[title, "copying range"])
        of_title = [lstms[title], copiers[title]]
        missing += ladder.to_predict(of_title, carried_predictions, corpus.split().held_out)
    cache_side_by_side(missing)

    found = {}
    for title, corpus in corpora.items():
        networks = {"LSTM": lstms[title], "with copy head": copiers[title]}
        found[title] = {
            "epochs": e.sizes.other_epochs,
            "names": len(RenamedStreams(corpus.split(), e.rungs).names),  # that are replaced
            "memories": computed[title, "copying range"],
            **of_text(corpus, networks, computed[title, "n-grams"]),
        }
    show_texts(e, found)
    return found


def of_text(
    corpus: Corpus, networks: dict[str, Trained], ngram_losses: torch.Tensor
) -> dict[str, Any]:
    """What is said of one text; `ngram_losses` are (orders, characters)."""
    parts = corpus.split()
    predictions = {}
    for model, (network, run) in networks.items():
        predictions[model] = cached(run, carried_predictions, network, parts.held_out)
    losses = evaluate([{"carried": predictions["with copy head"]}], corpus)
    middle = len(parts.validation.ids)
    order = int(ngram_losses[:, :middle].mean(1).argmin())  # the best on the validation half
    nats = {
        "Kneser-Ney": ngram_losses[order].mean().item(),
        "LSTM": losses_of(predictions["LSTM"], parts.held_out).mean().item(),
        "with copy head": losses["carried"]["held_out"],
        "with n-grams": losses["carried_mixed"]["held_out"],
    }
    return {
        "characters": len(corpus.ids),
        "distinct": corpus.vocab_size,
        "parameters": {model: count_parameters(each) for model, (each, _) in networks.items()},
        "order": order,
        **nats,
        "gain_of_ngrams_on_test": losses["carried"]["test"] - losses["carried_mixed"]["test"],
        "bits": {model: loss / math.log(2) for model, loss in nats.items()},
    }


def show_texts(e: Evidence, found: dict[str, dict[str, Any]]) -> None:
    in_bits = []
    gains = []  # of copy head and invented names
    for title, row in found.items():
        label = f"{title}, {row['characters'] / 1e6:.1f} M, {row['distinct']} distinct"
        in_bits.append((label, row["bits"]))
        gain = row["bits"]["LSTM"] - row["bits"]["with copy head"]
        gains.append(f"{gain:.2f} on {title}".replace("-", "−"))
    first, *_ = found.values()
    parameters = first["parameters"]
    more = parameters["with copy head"] / parameters["LSTM"] - 1
    e.figure(
        "texts",
        figures.texts(in_bits),
        "Bits per character on the last 10 % of each text, carried: an n-gram model, the LSTM, the "
        f"LSTM with copy head and invented names ({100 * more:.0f} % more parameters), and that "
        "last network mixed with n-grams. The labels give the length of each text and its number "
        "of distinct characters. Compare only within a row, because each row is a different text. "
        f"In bits, copy head and invented names gain {', '.join(gains)}.",
        "A row for each text with four points, one for each model.",
    )
