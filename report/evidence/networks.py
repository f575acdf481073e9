"""What is chosen for the networks that are shipped, all on the validation half."""

from functools import partial
from typing import Any

from course import choices, ladder
from course.novelty import pieces
from course.results import Trained, count_parameters, training_seconds
from shakespeare.pretrained import save_pretrained
from shakespeare.settings import Recipe

from .measures import best_rate, losses_by_rate
from .pool import side_by_side
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
    e: Evidence, trained: Trained, longest_range: int
) -> tuple[dict[int, float], choices.Losses]:
    """All choices for a network with a copy head; its losses by range, and those that it has."""
    network, folder = trained
    write = partial(
        choices.write_pairs,
        prompt=PROMPT,
        length=e.sizes.text,
        num_samples=e.sizes.texts,
        seed=e.seed,
    )
    author = e.study(pieces(e.split.validation.text(), e.sizes.text))
    choose = partial(chosen_pair, e, author)
    ranges = ladder.ranges_up_to(longest_range)
    by_memory = choices.losses_by_memory(network, e.split.validation, ranges, side_by_side)
    losses = choices.choose_facts(
        network, folder, e.corpus, by_memory, e.ngrams(), write, choose, side_by_side
    )
    return by_memory, losses


def choose_for_baseline(e: Evidence, trained: Trained) -> None:
    """Choose temperature and min-p, and set them in the network's facts."""
    network, _ = trained
    length = e.sizes.baseline_text
    author = e.study(pieces(e.split.validation.text(), length))
    written = choices.write_pairs(network, PROMPT, length, e.sizes.texts, e.seed)
    network.facts["sampling"] = chosen_pair(e, author, written)


def reading_rate(e: Evidence, trained: Trained) -> dict[str, Any]:
    """The step size of learning while reading."""
    rates = losses_by_rate(trained, e.sizes.rates, e.split)
    return {"reading_rate": best_rate(rates), "reading_rates": rates}


def chosen_pair(e: Evidence, author: dict[str, Any], written: Any) -> dict[str, float]:
    """Temperature and min-p, from the texts of all pairs."""
    _, (temperature, min_p) = choices.choose_sampling(written, e.study, author)
    return {"temperature": temperature, "min_p": min_p}


def about_network(trained: Trained, recipe: Recipe) -> dict[str, Any]:
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
