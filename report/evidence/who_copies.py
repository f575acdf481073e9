"""Which networks copy names? Three designs, with and without a copy head, by rewriting the past.

Nothing is chosen here by how well a network copies: lengths and schedules are fixed, and of three
learning rates the middle one has the lowest loss on the validation half. Networks are measured as
they are after the last step, not with the weights of the best epoch.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import safetensors.torch

from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from shakespeare.files import write
from shakespeare.training_folder import read_curves
from study.copying import (
    Returning,
    are_unknown,
    backwards,
    bits_of_names,
    others_backwards,
    returning_names,
)
from study.heads import Head, attention_of, in_order, prefix_matching, without_heads
from study.repetition import bits_twice, letters_twice
from study.trained import characters_read, count_parameters
from study.who_copies import BITS, NETWORKS, REACH, path_of

from .copied_names import medians
from .pool import side_by_side
from .setup import Evidence
from .train import before, last_step, network_at
from .trainings import (
    AFTER_REPETITION,
    LONGER,
    chosen_rate,
    copier,
    copiers,
    groups,
    on_repetition_alone,
    rates_of_repetition,
    with_rate,
)

Seed = dict[str, Any]  # what is measured of one training


def who_copies(e: Evidence) -> dict[str, Any]:
    """Bits of names after their pasts, as they are and rewritten, by network and seed."""
    jobs: dict[Any, Any] = {}
    for group, by_seed in groups(e).items():
        for seed in by_seed:
            jobs[group, seed] = partial(of_training, e.profile, copier(group, seed))
    measured: dict[str, list[Seed]] = {}
    for (group, _), of_seed in side_by_side(jobs).items():
        measured.setdefault(group, []).append(of_seed)
    save_networks(e)
    [one, *_] = measured["LSTM"]  # the headings are the same for all
    counts = {kind: {what: one[kind][what] for what in ("headings", "names")} for kind in KINDS}
    found = {group: summary(seeds) for group, seeds in measured.items()}
    return {
        "reach": REACH,
        "bits": BITS,
        "returning": counts,
        "rates": rates(e),
        "groups": {name: of for name, of in found.items() if "repetition, rate" not in name},
        "repetition": of_repetition(e, found),
        "taught": of_taught(e),
        "heads": of_heads(e),
    }


# --- one training ---

KINDS = ("known", "unknown")  # names that the training text has, and those that it lacks


def of_training(profile: str, name: str) -> Seed:
    """Losses on the last tenth, and what its names cost, by what is before them."""
    e = Evidence(profile)
    training = copiers(e)[name]
    network = network_at(training, last_step(e.folder_of(name)))
    part = e.held_out if e.profile == "full" else e.held_out.slice(0, 2_000, "first")
    returning = returning_names(e.held_out.text(), REACH)[:: e.sizes.copies_every]
    same, without_head = bits_of_names(network, e.corpus, returning)
    reversed_before, _ = bits_of_names(network, e.corpus, backwards(returning))
    placebo, _ = bits_of_names(network, e.corpus, others_backwards(returning))
    bits = {
        "same": same,
        "backwards": reversed_before,
        "others_backwards": placebo,
        "without_head": without_head,
    }
    unknown = are_unknown(returning, e.split.train.text())
    return {
        "parameters": count_parameters(network),
        "characters": characters_read(training.recipe.training, e.split.train),
        "cold": losses_of(cold_predictions(network, part), part).mean().item(),
        "carried": losses_of(carried_predictions(network, part), part).mean().item(),
        "known": medians(bits, returning, [k for k, each in enumerate(unknown) if not each]),
        "unknown": medians(bits, returning, [k for k, each in enumerate(unknown) if each]),
        "gain": median_gain(bits, returning),
        "letters": bits_twice(network, letters_twice(e.corpus)),
    }


def median_gain(bits: Mapping[str, Sequence[float]], returning: Sequence[Returning]) -> float:
    """How many bits more names cost after reversed copies: the median of the names' medians."""
    by_name: dict[str, list[float]] = {}
    pasts = zip(returning, bits["same"], bits["backwards"], strict=True)
    for (name, _), same, reversed_before in pasts:
        by_name.setdefault(name, []).append(reversed_before - same)
    return statistics.median(statistics.median(gains) for gains in by_name.values())


def summary(seeds: Sequence[Seed]) -> dict[str, Any]:
    """The means of losses and the medians of the rest over the seeds; how many of them copy."""
    gains = [seed["gain"] for seed in seeds]
    names = {}
    for kind in KINDS:
        pasts = seeds[0][kind]["medians"]
        names[kind] = {past: middle(seeds, kind, "medians", past) for past in pasts}
    return {
        "parameters": seeds[0]["parameters"],
        "characters": seeds[0]["characters"],
        "cold": statistics.mean(seed["cold"] for seed in seeds),
        "carried": statistics.mean(seed["carried"] for seed in seeds),
        "names": names,
        "letters": [middle(seeds, "letters", k) for k in (0, 1)],
        "gains": gains,  # of each seed
        "copies": sum(gain >= BITS for gain in gains),
    }


def middle(seeds: Sequence[Any], *keys: Any) -> float | None:
    """The median over the seeds of what is under these keys."""
    values = []
    for seed in seeds:
        value = seed
        for key in keys:
            value = value[key]
        values.append(value)
    return None if None in values else statistics.median(values)


def save_networks(e: Evidence) -> None:
    """The networks that notebook 07 measures, in half precision."""
    for name in (*NETWORKS, LONGER, AFTER_REPETITION):
        folder = last_step(e.folder_of(copier(name, 1)))
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        half = {key: weight.half() for key, weight in weights.items()}
        content = safetensors.torch.save(half, metadata={"format": "pt"})
        write(e.folder / "networks" / path_of(name).name, content)


# --- learning rates, and what is learned from random characters ---


def rates(e: Evidence) -> dict[str, dict[str, float]]:
    """The cold loss on the validation half after the last step, by network and learning rate."""
    found: dict[str, dict[str, float]] = {}
    for network in NETWORKS:
        found[network] = {}
        for rate in e.sizes.copies_rates[network]:
            is_chosen = rate == chosen_rate(e, network)
            name = copier(network, 1) if is_chosen else with_rate(network, rate)
            found[network][f"{rate:g}"] = read_curves(e.folder_of(name))["val_loss"][-1]
    return found


def of_repetition(e: Evidence, measured: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """By design, bits per character where a few characters repeat, and where up to 64 do.

    Of two learning rates, each has the one with the lower loss in the end, on other windows.
    """
    found = {}
    for network in NETWORKS:
        if network.endswith("with copy head"):
            continue
        of_rates = []
        for rate in rates_of_repetition(e, network):
            group = on_repetition_alone(network, rate)
            curves = read_curves(e.folder_of(copier(group, 1)))
            of_rates.append(
                {
                    # In all epochs but the last, windows are short, see study.repetition.
                    "short": curves["train_loss"][-2] / math.log(2),
                    "long": curves["val_loss"][-1] / math.log(2),
                    "gain": measured[group]["gains"][0],
                }
            )
        found[network] = min(of_rates, key=lambda of_rate: of_rate["long"])
    return found


# --- the Transformer that was taught to copy ---


def of_taught(e: Evidence) -> dict[str, float]:
    """What it has learned from random characters that repeat, before it reads plays (seed 1)."""
    training = groups(e)[AFTER_REPETITION][1]
    folder = before(e.folder_of(copier(AFTER_REPETITION, 1)))
    network = network_at(training, last_step(folder))
    _, second = bits_twice(network, letters_twice(e.corpus))
    return {"letters_second": second, **of_validation(e, network)}


def of_heads(e: Evidence) -> list[dict[str, dict[str, float]]]:
    """For each seed, after it has read plays, what its names cost without some of its heads."""
    found = []
    for seed, training in groups(e)[AFTER_REPETITION].items():
        network = network_at(training, last_step(e.folder_of(copier(AFTER_REPETITION, seed))))
        scores = prefix_matching(attention_of(network, letters_twice(e.corpus)))  # (layers, heads)
        layers, count = scores.shape
        switched_off: dict[str, list[Head]] = {"none": [], "the four best": in_order(scores)[:4]}
        for layer in range(layers):
            switched_off[f"layer {layer + 1}"] = [(layer, head) for head in range(count)]
        costs = {}
        for name, heads in switched_off.items():
            costs[name] = of_validation(e, without_heads(network, heads))
        found.append(costs)
    return found


def of_validation(e: Evidence, network: Any) -> dict[str, float]:
    """The mean bits of some names of the validation half, as it is and after reversed copies."""
    some = returning_names(e.split.validation.text(), REACH)[:: 3 * e.sizes.copies_every]
    same, _ = bits_of_names(network, e.corpus, some)
    reversed_before, _ = bits_of_names(network, e.corpus, backwards(some))
    mean, mean_reversed = statistics.mean(same), statistics.mean(reversed_before)
    return {"same": mean, "backwards": mean_reversed, "gain": mean_reversed - mean}
