"""What is chosen for the networks that are shipped, all on the validation half."""

from functools import partial
from typing import Any

from course import choices, ladder
from course.ladder import Trained
from course.novelty import pieces
from course.predictions import cache_side_by_side
from course.results import count_parameters
from shakespeare.beyond.learning import learning_predictions
from shakespeare.pretrained import save_pretrained
from shakespeare.runs import training_seconds
from shakespeare.settings import Settings

from .measures import best_rate, losses_by_rate
from .setup import PROMPT, Evidence


def networks(e: Evidence) -> dict[str, Any]:
    """Copying range, exponents, temperature and min-p, and the step size of learning."""
    baseline, _ = of_baseline = e.trained("the baseline")
    final, final_run = of_final = e.trained("the final network")
    page, page_run = of_page = e.trained("the page's network")

    write = partial(
        choices.write_pairs,
        prompt=PROMPT,
        length=e.sizes.text,
        num_samples=e.sizes.texts,
        seed=e.student.seed,
    )
    author = e.study(pieces(e.split.validation.text(), e.sizes.text))
    choose = partial(chosen_pair, e, author)
    ngrams = e.ngrams()
    by_memory = losses_by_range(e, final, e.sizes.longest_range)
    choices.choose_facts(final, final_run, e.corpus, by_memory, ngrams, write, choose)
    by_range = losses_by_range(e, page, e.sizes.longest_page_range)
    page_losses = choices.choose_facts(page, page_run, e.corpus, by_range, ngrams, write, choose)

    length = e.sizes.baseline_text
    author = e.study(pieces(e.split.validation.text(), length))
    written = choices.write_pairs(baseline, PROMPT, length, e.sizes.texts, e.student.seed)
    baseline.facts["sampling"] = chosen_pair(e, author, written)

    jobs: dict[Any, Any] = {}
    for rate in e.sizes.rates:
        jobs |= ladder.to_predict(
            [of_baseline, of_final], learning_predictions, e.split.validation, learning_rate=rate
        )
    cache_side_by_side(jobs)

    about = {"baseline": about_network(of_baseline, e.student)}
    about["final"] = about_network(of_final, e.final) | {"memories": by_memory}
    about["page"] = about_network(of_page, e.page) | {"losses": page_losses}
    for name, trained in (("baseline", of_baseline), ("final", of_final)):
        rates = losses_by_rate(trained, e.sizes.rates, e.split)
        about[name] |= {"reading_rate": best_rate(rates), "reading_rates": rates}
    for name, network in {"baseline": baseline, "final": final, "page": page}.items():
        save_pretrained(network, e.folder / "models" / name)
    return about


def losses_by_range(e: Evidence, network: Any, longest: int) -> dict[int, float]:
    """The loss on the validation half, by how far back the copy head may copy."""
    return choices.losses_by_memory(network, e.split.validation, ladder.ranges_up_to(longest))


def chosen_pair(e: Evidence, author: dict[str, Any], written: Any) -> dict[str, float]:
    """Temperature and min-p, from the texts of all pairs."""
    _, (temperature, min_p) = choices.choose_sampling(written, e.study, author)
    return {"temperature": temperature, "min_p": min_p}


def about_network(trained: Trained, settings: Settings) -> dict[str, Any]:
    network, run = trained
    return {
        "settings": settings.model_dump(exclude_unset=True),  # those that the recipe names
        "parameters": count_parameters(network),
        "minutes": training_seconds(run) / 60,
        "memory": getattr(network, "memory", 0),  # without a copy head it has none
        "facts": network.facts,
    }
