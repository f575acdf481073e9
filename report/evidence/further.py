"""What of depth, attention and other texts, which the student's report leaves to future work?"""

import math
from functools import partial
from typing import Any

import torch

from course import choices, ladder
from course.losses import held_out_losses
from course.predictions import Prediction, cache_all, cached
from course.results import Trained, count_parameters
from shakespeare.beyond.ngrams import kneser_ney_losses
from shakespeare.beyond.renaming import RenamedStreams
from shakespeare.data import Corpus
from shakespeare.evaluation import carried_predictions, losses_of
from shakespeare.training_folder import read_curves

from . import stacks
from .pool import side_by_side
from .setup import Evidence
from .trainings import all_stacks, other_texts, with_attention, with_seed


def depth(e: Evidence) -> dict[str, Any]:
    """Stacks of one layer to four, all with about as many parameters."""
    all_of_them = all_stacks(e)
    trained = [e.as_trained(str(stack)) for stack in all_of_them]
    losses = ladder.losses(trained, carried_predictions, e.split.validation, side_by_side)
    rows = []
    by_series: dict[str, dict[str, float]] = {}
    for stack, (network, folder), of_stack in zip(all_of_them, trained, losses, strict=True):
        row = stacks.stack_row(stack, e.trainings[str(stack)], network, folder, of_stack)
        rows.append(row)
        by_series.setdefault(stack.series, {})[str(row["layers"])] = row["carried_validation"]
    return {"stacks": rows, "losses": by_series}


def hybrids(e: Evidence) -> dict[str, Any]:
    """Networks with attention beside those of the ladder, on the validation half."""
    keys = {}
    for name in ("rate and schedule", "layer normalisation", "invented names"):
        keys[name] = with_seed(name, e.sizes.seeds[0])
    keys |= {name: name for name in with_attention(e)}
    trained = [e.as_trained(key) for key in keys.values()]
    losses = ladder.losses(trained, carried_predictions, e.split.validation, side_by_side)
    found = {}
    for (name, key), (network, folder), carried in zip(keys.items(), trained, losses, strict=True):
        found[name] = {
            "parameters": count_parameters(network),
            "cold": min(read_curves(folder)["val_loss"]),  # of the best checkpoint
            "carried": carried.mean().item(),
            "epochs_read": e.trainings[key].epochs_read(),
        }
    return found


def texts(e: Evidence) -> dict[str, Any]:
    """Copying, invented names and n-grams on texts of other kinds, in bits per character."""
    corpora = other_texts(e)
    lstms = {title: e.as_trained(f"{title}, LSTM") for title in corpora}
    copiers = {title: e.as_trained(f"{title}, with copy head") for title in corpora}
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
    cache_all(missing, side_by_side)

    found = {}
    for title, corpus in corpora.items():
        networks = {"LSTM": lstms[title], "with copy head": copiers[title]}
        data = RenamedStreams(corpus.split(), e.rungs.training)
        found[title] = {
            "epochs": e.sizes.other_epochs,
            "names": len(data.names),  # that are replaced
            "memories": computed[title, "copying range"],
            **of_text(corpus, networks, computed[title, "n-grams"]),
        }
    return found


def of_text(
    corpus: Corpus, networks: dict[str, Trained], ngram_losses: torch.Tensor
) -> dict[str, Any]:
    """What is said of one text; `ngram_losses` are (orders, characters)."""
    parts = corpus.split()
    predictions = {}
    for model, (network, folder) in networks.items():
        predictions[model] = cached(folder, carried_predictions, network, parts.held_out)
    losses = held_out_losses([{"carried": predictions["with copy head"]}], corpus)
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
