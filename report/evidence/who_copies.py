"""Which networks copy names? Three designs, with and without a copy head, by rewriting the past.

Nothing is chosen here by how well a network copies: lengths and schedules are fixed, and of three
learning rates the middle one has the lowest loss on the validation half. Networks are measured as
they are after a step, and in the end after the last one, not with the weights of the best epoch.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import safetensors.torch

from shakespeare.beyond.renaming import RenamedStreams
from shakespeare.beyond.streams import Streams
from shakespeare.data import Corpus, RandomWindows
from shakespeare.evaluation import carried_predictions, cold_predictions, losses_of
from shakespeare.files import write
from shakespeare.settings import Recipe, Settings
from shakespeare.training import make_network
from shakespeare.training_folder import load_weights, read_curves
from study.copying import (
    Returning,
    are_unknown,
    backwards,
    bits_of_names,
    others_backwards,
    returning_names,
)
from study.heads import (
    Head,
    attention_of,
    in_order,
    prefix_matching,
    to_previous,
    without_heads,
)
from study.repetition import RandomCharacters, RepeatedCharacters, bits_twice, letters_twice
from study.trained import count_parameters
from study.who_copies import BITS, NETWORKS, REACH, path_of
from study.windows import RenamedWindows

from .copied_names import medians
from .pool import side_by_side
from .setup import RECIPES, Evidence
from .snapshots import Snapshots
from .train import Training, before, folder_of, last_step, steps_in, train_all

SHORT = tuple(range(0, 1_000, 100))  # steps before which networks are saved and measured
LONG = (0, 100, 200, 300, 500, 700, *range(1_000, 5_000, 500))
LONGER = "Transformer, longer"
AFTER_REPETITION = "Transformer, longer, after repetition"
AFTER_NO_REPETITION = "Transformer, longer, after no repetition"


# --- what is trained ---


def trainings(e: Evidence) -> dict[str, Training]:
    """All that this question needs, by name."""
    found = {}
    for group, by_seed in groups(e).items():
        for seed, training in by_seed.items():
            found[label(group, seed)] = training
    return found | with_other_rates(e)


def groups(e: Evidence) -> dict[str, dict[int, Training]]:
    """What is trained, by the name of a group and by seed."""
    found: dict[str, dict[int, Training]] = {}
    seeds = e.sizes.copies_seeds
    for network in NETWORKS:
        found[network] = {seed: of_six(e, network, seed=seed) for seed in seeds}
    found[LONGER] = {seed: longer(e, seed) for seed in seeds}
    found[AFTER_REPETITION] = {seed: longer(e, seed, RepeatedCharacters) for seed in seeds}
    found[AFTER_NO_REPETITION] = {1: longer(e, 1, RandomCharacters)}
    for network in NETWORKS:
        if network.endswith("with copy head"):
            found[f"{network}, ordinary text"] = {
                seed: on_ordinary_text(e, network, seed) for seed in seeds
            }
        else:
            for rate in rates_of_repetition(e, network):
                training = on_repetition(e, network, rate)
                found[on_repetition_alone(network, rate)] = {1: training}
    return found


def rates_of_repetition(e: Evidence, network: str) -> list[float]:
    """Two, of which one is the Transformer's, or this one alone."""
    return sorted({chosen_rate(e, network), chosen_rate(e, "Transformer")})


def with_other_rates(e: Evidence) -> dict[str, Training]:
    """Six networks with the first seed and the learning rates that weren't chosen, by name."""
    found = {}
    for network in NETWORKS:
        for rate in e.sizes.copies_rates[network]:
            if rate != chosen_rate(e, network):
                found[with_rate(network, rate)] = of_six(e, network, learning_rate=rate)
    return found


def of_six(e: Evidence, network: str, **changes: Any) -> Training:
    """One of the six networks, on a text with invented names."""
    data = RenamedWindows if reads_windows(network) else RenamedStreams
    return of_network(e, network, "six", data, changes)


def on_ordinary_text(e: Evidence, network: str, seed: int) -> Training:
    """One of the six, on the text as it is."""
    data = RandomWindows if reads_windows(network) else Streams
    return of_network(e, network, "six", data, {"seed": seed})


def on_repetition(e: Evidence, network: str, rate: float) -> Training:
    """One of the six, on random characters that repeat, and nothing else."""
    return of_network(e, network, "repetition", RepeatedCharacters, {"learning_rate": rate})


def longer(e: Evidence, seed: int, warm_up: Any = None) -> Training:
    """A Transformer that reads five times as much, perhaps after some random characters."""
    changes = {"seed": seed}
    training = of_network(e, "Transformer", "longer", RenamedWindows, changes, LONG)
    if warm_up is not None:
        training.before = of_network(e, "Transformer", "warm_up", warm_up, changes)
    return training


def of_network(
    e: Evidence,
    network: str,
    length: str,
    data: Any,
    changes: Mapping[str, Any] | None = None,
    steps: tuple[int, ...] = SHORT,
) -> Training:
    """A training of a length that recipes.toml has, by default at the rate that was chosen."""
    rate = {"learning_rate": chosen_rate(e, network)}
    settings = RECIPES[e.profile]["who_copies"][length] | rate | (changes or {})
    recipe = Recipe(NETWORKS[network], Settings.validated(settings))
    return Training(recipe, e.split, data=data, callbacks=[Snapshots(steps)])


def chosen_rate(e: Evidence, network: str) -> float:
    """The learning rate in the middle of those that are tried."""
    rates = e.sizes.copies_rates[network]
    return rates[len(rates) // 2]


def reads_windows(network: str) -> bool:
    """Whether it is trained on windows, each from an empty state; the others carry theirs."""
    return network.startswith("Transformer")


def label(group: str, seed: int) -> str:
    return f"who copies, {group}, seed {seed}"


def on_repetition_alone(network: str, rate: float) -> str:
    return f"{network}, repetition, rate {rate:g}"


def with_rate(network: str, rate: float) -> str:
    return f"who copies, {network}, rate {rate:g}"


# --- what is measured ---


def who_copies(e: Evidence) -> dict[str, Any]:
    """Bits of names after their pasts, as they are and rewritten, by network and seed."""
    train_all(trainings(e), e.build)
    jobs: dict[Any, Any] = {}
    for group, by_seed in groups(e).items():
        for seed in by_seed:
            jobs[group, seed] = partial(of_training, e.profile, label(group, seed))
    measured = side_by_side(jobs)
    found: dict[str, dict[str, Any]] = {}
    for (group, seed), of_seed in measured.items():
        found.setdefault(group, {"seeds": {}})["seeds"][str(seed)] = of_seed
    for of_group in found.values():
        of_group |= summary(list(of_group["seeds"].values()))
    save_networks(e)
    return {
        "reach": REACH,
        "bits": BITS,
        "rates": rates(e),
        "groups": found,
        "repetition": of_repetition(e),
        "heads": {
            "after repetition": of_heads(e, before_plays=True),
            "in the end": of_heads(e, before_plays=False),
        },
    }


def summary(seeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The means of losses and the medians of the rest over the seeds; how many of them copy."""
    gains = [statistics.median(seed["gain_of_names"].values()) for seed in seeds]
    names = {}
    for kind in ("all", "known", "unknown"):
        pasts = seeds[0][kind]["medians"]
        names[kind] = {past: middle(seeds, kind, "medians", past) for past in pasts}
    return {
        "cold": statistics.mean(seed["cold"] for seed in seeds),
        "carried": statistics.mean(seed["carried"] for seed in seeds),
        "seconds": middle(seeds, "seconds"),
        "names": names,
        "letters": [middle(seeds, "letters", k) for k in (0, 1)],
        "gains": gains,  # a median of names for each seed
        "copies": sum(gain >= BITS for gain in gains),
        "of": len(seeds),
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
        folder = last_step(folder_of(label(name, 1), e.build))
        weights = safetensors.torch.load_file(folder / "model.safetensors")
        half = {key: weight.half() for key, weight in weights.items()}
        content = safetensors.torch.save(half, metadata={"format": "pt"})
        write(e.folder / "networks" / path_of(name).name, content)


def rates(e: Evidence) -> dict[str, dict[str, float]]:
    """The cold loss on the validation half after the last step, by network and learning rate."""
    found: dict[str, dict[str, float]] = {}
    for network in NETWORKS:
        found[network] = {}
        for rate in e.sizes.copies_rates[network]:
            is_chosen = rate == chosen_rate(e, network)
            name = label(network, 1) if is_chosen else with_rate(network, rate)
            found[network][f"{rate:g}"] = read_curves(folder_of(name, e.build))["val_loss"][-1]
    return found


def of_repetition(e: Evidence) -> dict[str, dict[str, Any]]:
    """By network, bits per character where a few characters repeat, and where up to 64 do.

    Of two learning rates, each has the one with the lower loss in the end, on other windows.
    """
    found = {}
    for network in NETWORKS:
        if network.endswith("with copy head"):
            continue
        of_rates: list[dict[str, Any]] = []
        for rate in rates_of_repetition(e, network):
            group = on_repetition_alone(network, rate)
            curves = read_curves(folder_of(label(group, 1), e.build))
            of_rates.append(
                {
                    "group": group,
                    # The mean of the last epoch in which windows are short, see study.repetition.
                    "short": curves["train_loss"][-2:][0] / math.log(2),
                    "long": curves["val_loss"][-1] / math.log(2),
                }
            )
        found[network] = min(of_rates, key=lambda of_rate: of_rate["long"])
    return found


def of_training(profile: str, name: str) -> dict[str, Any]:
    """What is measured of one training: at the steps that were saved, and after the last."""
    e = Evidence(profile)
    training = trainings(e)[name]
    folder = folder_of(name, e.build)
    characters = training.recipe.training.batch_size * training.recipe.training.seq_len
    moments = []
    for step in steps_in(folder):
        network = network_at(training, e.corpus, folder / f"step-{step}")
        moments.append({"step": step, "characters": step * characters, **of_moment(e, network)})
    # The last of them is the network as it is in the end.
    return {
        "parameters": count_parameters(network),
        "seconds": seconds_without_pauses(folder),
        "learning_rate": training.recipe.training.learning_rate,
        "moments": moments,
        **at_the_end(e, network),
    }


def seconds_without_pauses(folder: Path) -> float:
    """How long it trained, if each epoch had taken as long as the median one."""
    # Unlike training_seconds, it leaves out what a suspended machine adds to one epoch.
    ends = read_curves(folder)["seconds"]
    epochs = [end - begin for begin, end in pairwise([0.0, *ends])]
    return statistics.median(epochs) * len(epochs)


def network_at(training: Training, corpus: Corpus, folder: Path) -> Any:
    network = make_network(training.recipe, corpus.chars)
    load_weights(network, folder)
    return network.eval()


def of_moment(e: Evidence, network: Any) -> dict[str, float]:
    """The mean bits of some names of the validation half, and of letters that come twice."""
    some = returning_names(e.split.validation.text(), REACH)[:: 3 * e.sizes.copies_every]
    same, _ = bits_of_names(network, e.corpus, some)
    reversed_before, _ = bits_of_names(network, e.corpus, backwards(some))
    first, second = bits_twice(network, letters_twice(e.corpus))
    return {
        "same": statistics.mean(same),
        "backwards": statistics.mean(reversed_before),
        "letters_first": first,
        "letters_second": second,
    }


def at_the_end(e: Evidence, network: Any) -> dict[str, Any]:
    """Losses on the last tenth, and what its names cost, by what is before them."""
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
        "cold": losses_of(cold_predictions(network, part), part).mean().item(),
        "carried": losses_of(carried_predictions(network, part), part).mean().item(),
        "all": medians(bits, returning, range(len(returning))),
        "known": medians(bits, returning, [k for k, each in enumerate(unknown) if not each]),
        "unknown": medians(bits, returning, [k for k, each in enumerate(unknown) if each]),
        "gain_of_names": gain_of_names(bits, returning),
        "letters": bits_twice(network, letters_twice(e.corpus)),
    }


def gain_of_names(
    bits: Mapping[str, Sequence[float]], returning: Sequence[Returning]
) -> dict[str, float]:
    """For each name, how many bits more it costs after reversed copies, in the median."""
    by_name: dict[str, list[float]] = {}
    pasts = zip(returning, bits["same"], bits["backwards"], strict=True)
    for (name, _), same, reversed_before in pasts:
        by_name.setdefault(name, []).append(reversed_before - same)
    return {name: round(statistics.median(gains), 2) for name, gains in by_name.items()}


# --- the heads of a Transformer ---


def of_heads(e: Evidence, *, before_plays: bool) -> list[dict[str, Any]]:
    """For each seed, after random characters that repeat: its heads, and what some are worth.

    This is before it reads plays, or in the end, after it has read them.
    """
    found = []
    for seed, training in groups(e)[AFTER_REPETITION].items():
        folder = folder_of(label(AFTER_REPETITION, seed), e.build)
        if before_plays:
            folder = before(folder)
        network = network_at(training, e.corpus, last_step(folder))
        weights = attention_of(network, letters_twice(e.corpus))
        scores = prefix_matching(weights)  # (layers, heads)
        previous = to_previous(weights)
        layers, count = scores.shape
        switched_off: dict[str, list[Head]] = {
            "none": [],
            "the best": in_order(scores)[:1],
            "the four best": in_order(scores)[:4],
            "the two that look most at the letter before": in_order(previous)[:2],
        }
        for layer in range(layers):
            switched_off[f"layer {layer}"] = [(layer, head) for head in range(count)]
        costs = {}
        for name, heads in switched_off.items():
            of_names = of_moment(e, without_heads(network, heads))
            gain = of_names["backwards"] - of_names["same"]
            costs[name] = {"heads": heads, "gain": gain, **of_names}
        found.append(
            {
                "seed": seed,
                "scores": scores.tolist(),
                "previous": previous.tolist(),
                "switched_off": costs,
            }
        )
    return found
