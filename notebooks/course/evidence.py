"""The ladder of notebook 05 and how it is measured, in notebook 07 with several seeds."""

import copy
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from shakespeare.beyond.copying import CopyLSTM
from shakespeare.beyond.dynamic import dynamic_predictions
from shakespeare.beyond.mixture import exponents_for, mix, ngram_predictions
from shakespeare.beyond.recipes import Training, make_training
from shakespeare.beyond.settings import BeyondSettings
from shakespeare.data import Corpus, Split
from shakespeare.evaluation import (
    carried_predictions,
    cold_predictions,
    interval,
    losses_of,
    mean_by_part,
)
from shakespeare.sampling import generate
from shakespeare.settings import Settings

from .display import number_at
from .results import Prediction, count_parameters, predict_side_by_side

Trained = tuple[Any, Path]  # a network and the folder of its run, as from `train_many`

BOTTOM = "the small baseline"  # the student's recipe, in a network of the ladder's size
SWITCHED_ON = {  # by a rung: these settings get the values that they have at the top
    "rate and schedule": ("learning_rate", "one_cycle"),
    "layer normalisation": ("layer_norm",),
    "copy head": ("copy_size", "carry_state"),
    "invented names": ("rename_share",),
}


def ladder_settings(top: BeyondSettings, student: Settings) -> dict[str, Settings]:
    """The settings of each network on the ladder, by the name of its rung, from the bottom up."""
    sizes = {}
    for name in ("embedding_size", "hidden_size", "num_layers"):
        sizes[name] = getattr(top, name)
    for name in ("batch_size", "seq_len", "epochs", "limit_batches"):
        sizes[name] = getattr(top, name)
    switched_off = {
        "learning_rate": student.learning_rate,
        "one_cycle": False,
        "layer_norm": False,
        "copy_size": 0,
        "carry_state": False,
        "rename_share": 0.0,
    }
    rung: Settings = top.model_copy(update=switched_off)
    rungs = {BOTTOM: student.model_copy(update=sizes)}
    for name, switched_on in SWITCHED_ON.items():
        rung = rung.model_copy(update={setting: getattr(top, setting) for setting in switched_on})
        rungs[name] = rung
    return rungs


class Seeded(NamedTuple):
    """The name of a training among those that differ in their seed."""

    name: str
    seed: int

    def __str__(self) -> str:
        return f"{self.name}, seed {self.seed}"


def with_seeds(
    name: str, settings: Settings, seeds: Iterable[int], split: Split, callbacks: tuple = ()
) -> dict[Seeded, Training]:
    """A training with each of the seeds."""
    trainings = {}
    for seed in seeds:
        seeded = settings.model_copy(update={"seed": seed})
        trainings[Seeded(name, seed)] = make_training(seeded, split, callbacks=callbacks)
    return trainings


# What is tried on the validation half, by profile

LONGEST_RANGE = {"smoke": 1_024, "quick": 2_048, "full": 16_384}
RATES = {"smoke": [1e-3], "quick": [2e-4], "full": [5e-5, 1e-4, 2e-4, 4e-4]}


def ranges_to_try(profile: str) -> list[int]:
    """How far back the copy head may copy: 256 characters, doubled up to a limit."""
    ranges = [256]
    while ranges[-1] < LONGEST_RANGE[profile]:
        ranges.append(2 * ranges[-1])
    return ranges


# Predictions and losses


def to_predict(
    networks: Sequence[Trained], compute: Callable[..., Tensor], part: Corpus, **options: Any
) -> dict[Any, Prediction]:
    """What each network has to predict: jobs for `cache_side_by_side`, which can be joined."""
    jobs = {}
    for network, run in networks:
        prediction = Prediction(run, compute, network, part, options)
        jobs[prediction.file()] = prediction
    return jobs


def predict(
    networks: Sequence[Trained], compute: Callable[..., Tensor], part: Corpus, **options: Any
) -> list[Tensor]:
    """Log-probabilities (characters, vocab_size) of each network."""
    by_file = predict_side_by_side(to_predict(networks, compute, part, **options))
    files = [Prediction(run, compute, network, part, options).file() for network, run in networks]
    return [by_file[file] for file in files]


def losses(
    networks: Sequence[Trained], compute: Callable[..., Tensor], part: Corpus, **options: Any
) -> list[Tensor]:
    """Losses in nats of each network, (characters,)."""
    return [losses_of(each, part) for each in predict(networks, compute, part, **options)]


def predict_in_each_protocol(
    networks: Sequence[Trained], part: Corpus, rate: float
) -> list[dict[str, Tensor]]:
    """For each network its log-probabilities (characters, vocab_size) by protocol."""
    cold = predict(networks, cold_predictions, part)
    carried = predict(networks, carried_predictions, part)
    dynamic = predict(networks, dynamic_predictions, part, learning_rate=rate)
    by_network = []
    for k in range(len(networks)):
        by_network.append({"cold": cold[k], "carried": carried[k], "dynamic": dynamic[k]})
    return by_network


def mixed_losses(protocol: str, predictions: Sequence[Tensor], corpus: Corpus) -> list[Tensor]:
    """Losses (characters,) of each network's predictions of the held-out text, with n-grams."""
    of_ngrams = ngram_predictions(corpus, protocol)
    split = corpus.split()
    mixed = []
    for of_network in predictions:
        both = [of_network, of_ngrams]
        mixed.append(losses_of(mix(both, exponents_for(both, split)), split.held_out))
    return mixed


def losses_on_test(
    of_networks: Sequence[Mapping[str, Tensor]],
    protocol: str,
    exponents: Sequence[float],
    corpus: Corpus,
) -> Tensor:
    """Losses (characters,) of networks on the test half; in "cold_mixed" and so on with n-grams."""
    name = protocol.removesuffix("_mixed")
    predictions = [of_network[name] for of_network in of_networks]
    if protocol != name:
        predictions.append(ngram_predictions(corpus, name))
    split = corpus.split()
    middle = len(split.validation.ids) - 1  # the first held-out character has no loss
    return losses_of(mix(predictions, exponents), split.held_out)[middle:]


def gain_with_interval(below: Tensor, above: Tensor, block: int | None = None) -> dict[str, Any]:
    """The mean difference between losses (characters,) of the same characters."""
    difference = below - above
    return {"gain": difference.mean().item(), "interval": list(interval(difference, block))}


def losses_by_rate(network: Trained, rates: Sequence[float], split: Split) -> dict[float, float]:
    """The loss on the validation half with each step size, while the network learns."""
    by_rate = {}
    for rate in rates:
        [of_network] = losses([network], dynamic_predictions, split.held_out, learning_rate=rate)
        by_rate[rate] = mean_by_part(of_network, split)["validation"]
    return by_rate


def best_rate(by_rate: Mapping[float, float]) -> float:
    """The step size with the lowest loss."""
    best = min(by_rate, key=by_rate.__getitem__)
    if len(by_rate) > 1 and best in (min(by_rate), max(by_rate)):
        print(f"the best step size, {best}, is at the edge of those tried")
    return best


def without_copies(network: Any) -> Any:
    """The network with its copy head switched off: all of the probability goes to writing."""
    silent = copy.deepcopy(network)
    if isinstance(silent, CopyLSTM):
        torch.nn.init.constant_(silent.copy_head.write.bias, 1e4)
        silent.memory = 1  # what isn't copied needn't be kept
    return silent


# Rungs


class Rung(NamedTuple):
    """A model on the ladder: losses in nats of each held-out character, a tensor for each seed.

    `counts` are what a Study says of texts by the first seed's network.
    """

    name: str
    carried: Sequence[Tensor]
    cold: Sequence[Tensor] | None = None
    network: Any = None
    seconds: float | None = None  # of training
    counts: Mapping[str, Any] | None = None


def gain_over(below: Sequence[Tensor], above: Sequence[Tensor], split: Split) -> dict[str, Any]:
    """What is gained from `below` to `above`, both (characters,) for each seed.

    Mean gains by part; "interval", "seed_interval", "by_seed" and "verdict" are those of the test
    half. On the validation half, the verdict decides what the recipe has.
    """
    if len(below) < len(above):
        below = list(below) * len(above)  # n-grams have no seeds
    by_seed = [a - b for a, b in zip(below, above, strict=True)]  # (characters,) each
    middle = len(split.validation.ids) - 1  # the first held-out character has no loss
    on_validation = judge([gain[:middle] for gain in by_seed])
    on_test = judge([gain[middle:] for gain in by_seed])
    verdicts = {"verdict_on_validation": on_validation["verdict"]}
    return mean_by_part(mean_of(by_seed), split) | on_test | verdicts


def judge(gains: Sequence[Tensor]) -> dict[str, Any]:
    """A gain (characters,) of each seed is shown where its two intervals exclude 0."""
    by_seed = [gain.mean().item() for gain in gains]
    over_blocks = list(interval(mean_of(gains)))
    over_seeds = seed_interval(by_seed)
    intervals = [over_blocks, over_seeds] if over_seeds else [over_blocks]
    verdict = "not shown"
    if all(low > 0 for low, _ in intervals):
        verdict = "gain"
    if all(high < 0 for _, high in intervals):
        verdict = "worse"
    return {
        "interval": over_blocks,
        "seed_interval": over_seeds,
        "by_seed": by_seed,
        "verdict": verdict,
    }


STUDENTS_T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # by seeds, for 95 %


def seed_interval(by_seed: Sequence[float]) -> list[float] | None:
    """The 95 % interval (Student's t) for the mean over seeds; None for a single one."""
    if len(by_seed) == 1:
        return None
    mean = statistics.mean(by_seed)
    half = STUDENTS_T[len(by_seed)] * statistics.stdev(by_seed) / math.sqrt(len(by_seed))
    return [mean - half, mean + half]


def mean_of(losses: Sequence[Tensor]) -> Tensor:
    """The mean over seeds of the loss of each character, (characters,)."""
    return torch.stack(list(losses)).mean(0)


def ladder_rows(rungs: Sequence[Rung], split: Split) -> list[dict[str, Any]]:
    """The rungs as numbers: mean losses by part, what each gains over the one before, counts."""
    rows = []
    for k, rung in enumerate(rungs):
        counts = rung.counts or {"words": None, "malformed": None, "headings": None}
        row = {
            "name": rung.name,
            "seeds": len(rung.carried),
            "parameters": count_parameters(rung.network) if rung.network else None,
            "minutes": rung.seconds / 60 if rung.seconds else None,
            "carried": mean_by_part(mean_of(rung.carried), split),
            "cold": mean_by_part(mean_of(rung.cold), split) if rung.cold else None,
            "gain": gain_over(rungs[k - 1].carried, rung.carried, split) if k > 0 else None,
        }
        for count in ("words", "malformed", "headings"):
            row[count] = counts[count]
        rows.append(row)
    return rows


def counting_rungs(corpus: Corpus, by_order: Tensor, best: int) -> list[Rung]:
    """The rungs below all networks; `by_order` has the n-grams' losses, (orders, characters)."""
    guesses = torch.full_like(by_order[0], math.log(corpus.vocab_size))
    return [
        Rung("uniform guess", [guesses]),
        Rung("unigram", [by_order[0]]),
        Rung("n-grams, Kneser-Ney", [by_order[best]]),
    ]


# Texts


def write_texts(
    network: Any, prompt: str, length: int, num_samples: int, seed: int, **options: Any
) -> list[str]:
    """Several texts of a network or a mixture, without their prompt."""
    written = generate(network, prompt, length, num_samples=num_samples, seed=seed, **options)
    return [text.removeprefix(prompt) for text in written]


# The reader's numbers and the published ones


def beside(what: str, value: float, published: float | None) -> None:
    """Print a loss of this run and, if there is one, that of the published run."""
    other = "" if published is None else f" (published run: {published:.3f})"
    print(f"{what}: {value:.3f}{other}")


STEPS = {  # the way to the claim: where the loss of each step is in the numbers
    "the student's recipe": "training.carried",
    "the final network": "beyond_the_report.carried",
    "with n-grams": "beyond_the_report.carried_mixed",
    "a committee, with n-grams": "further_experiments.committee.carried_mixed",
    "one network, with n-grams": "beyond_the_report.dynamic_mixed",
    "a committee with n-grams": "further_experiments.committee.dynamic_mixed",
}
LEARNING = ("one network, with n-grams", "a committee with n-grams")  # while they read


def steps(numbers: Mapping[str, Any]) -> dict[str, float]:
    """The losses on the test half of those of the STEPS that are in some numbers, by section."""
    found = {}
    for name, path in STEPS.items():
        loss = number_at(numbers, f"{path}.test")
        if loss is not None:
            found[name] = loss
    return found


PROTOCOLS = {  # by their names in the numbers, what tables call them
    "cold": "cold",
    "cold_mixed": "cold, with n-grams",
    "carried": "carried",
    "carried_mixed": "carried, with n-grams",
    "dynamic": "learning while reading",
    "dynamic_mixed": "learning while reading, with n-grams",
}
