"""What is chosen for the networks that are shipped, all on the validation half."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from shakespeare.beyond.mixture import Mixture
from shakespeare.data import Corpus
from shakespeare.evaluation import PROTOCOLS, carried_predictions, losses_of
from shakespeare.pretrained import save_pretrained
from shakespeare.settings import Recipe
from study import choices
from study.novelty import pieces
from study.trained import count_parameters, training_seconds

from .measures import best_rate, held_out_losses, losses_by_rate
from .pool import side_by_side
from .predictor import Predictor, predict_all
from .setup import PROMPT, SHIPPED, Evidence


def networks(e: Evidence) -> dict[str, Any]:
    """Copying range, exponents, temperature and min-p, and the step size of learning."""
    baseline = e.as_trained(SHIPPED["baseline"])
    final = e.as_trained(SHIPPED["final"])
    small = e.as_trained(SHIPPED["small"])
    by_memory, _ = choose_for_copying(e, final, e.sizes.longest_range)
    _, small_losses = choose_for_copying(e, small, e.sizes.longest_small_range)
    choose_for_baseline(e, baseline)
    about = {
        "baseline": about_network(baseline, e.recipes["baseline"]) | reading_rate(e, baseline),
        "final": about_network(final, e.recipes["final"])
        | {"memories": by_memory}
        | reading_rate(e, final),
        "small": about_network(small, e.recipes["small"]) | {"losses": small_losses},
    }
    for name, (network, _) in {"baseline": baseline, "final": final, "small": small}.items():
        save_pretrained(network, e.folder / "models" / name)
    return about


def choose_for_copying(
    e: Evidence, trained: Predictor, longest_range: int
) -> tuple[dict[int, float], dict[str, Any]]:
    """All choices for a network with a copy head; its losses by range, and those that it has."""
    network, _ = trained
    by_memory = losses_by_memory(network, e.split.validation, ranges_up_to(longest_range))
    network.memory = best_memory(by_memory)
    predict_all([trained], PROTOCOLS.values(), [e.held_out])
    predictions = {
        name: trained.predict(protocol, e.held_out) for name, protocol in PROTOCOLS.items()
    }
    losses = held_out_losses([predictions], e.corpus)
    of_network, of_ngrams = losses["carried_mixed"]["exponents"]
    network.facts["mixture"] = {"network": of_network, "ngram": of_ngrams}
    write = partial(
        choices.write_pairs,
        prompt=PROMPT,
        length=e.sizes.text,
        num_samples=e.sizes.texts,
        seed=e.seed,
    )
    mixture = Mixture(network, e.ngrams())
    texts = side_by_side({"mixed": partial(write, mixture), "alone": partial(write, network)})
    author = e.study(pieces(e.split.validation.text(), e.sizes.text))
    network.facts["sampling"] = chosen_pair(e, author, texts["alone"])
    network.facts["mixture"]["sampling"] = chosen_pair(e, author, texts["mixed"])
    return by_memory, losses


def ranges_up_to(longest: int) -> list[int]:
    """How far back the copy head may copy: 256 characters, doubled up to the longest."""
    ranges = [256]
    while ranges[-1] < longest:
        ranges.append(2 * ranges[-1])
    return ranges


def losses_by_memory(network: Any, part: Corpus, memories: Sequence[int]) -> dict[int, float]:
    """The carried loss on a part in nats, by how far back the network copies."""
    jobs = {}
    for memory in sorted(memories, reverse=True):  # the longest takes most time
        jobs[memory] = partial(loss_with, memory, network, part)
    losses = side_by_side(jobs)
    return {memory: losses[memory] for memory in sorted(losses)}


def loss_with(memory: int, network: Any, part: Corpus) -> float:
    """The carried loss of the network with another memory."""
    changed = copy.deepcopy(network)
    changed.memory = memory
    return losses_of(carried_predictions(changed, part), part).mean().item()


def best_memory(losses: Mapping[int, float]) -> int:
    """The one with the lowest loss."""
    return min(losses, key=losses.__getitem__)


def choose_for_baseline(e: Evidence, trained: Predictor) -> None:
    """Choose temperature and min-p, and set them in the network's facts."""
    network, _ = trained
    length = e.sizes.baseline_text
    author = e.study(pieces(e.split.validation.text(), length))
    written = choices.write_pairs(network, PROMPT, length, e.sizes.texts, e.seed)
    network.facts["sampling"] = chosen_pair(e, author, written)


def reading_rate(e: Evidence, trained: Predictor) -> dict[str, Any]:
    """The step size of learning while reading."""
    rates = losses_by_rate(trained, e.sizes.rates, e.split)
    return {"reading_rate": best_rate(rates), "reading_rates": rates}


def chosen_pair(e: Evidence, author: dict[str, Any], written: Any) -> dict[str, float]:
    """Temperature and min-p, from the texts of all pairs."""
    _, (temperature, min_p) = choices.choose_sampling(written, e.study, author)
    return {"temperature": temperature, "min_p": min_p}


def about_network(trained: Predictor, recipe: Recipe) -> dict[str, Any]:
    network, folder = trained
    return {
        "settings": flat(recipe),
        "parameters": count_parameters(network),
        "minutes": training_seconds(folder) / 60,
        "memory": getattr(network, "memory", 0),  # without a copy head it has none
        "facts": network.facts,
    }


def flat(recipe: Recipe) -> dict[str, Any]:
    """The settings of a recipe that it sets, network and training in one table."""
    return recipe.network | recipe.training.model_dump(exclude_unset=True)
