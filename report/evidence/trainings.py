"""Everything that is trained for the evidence, by name. Independent trainings run at once."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import lightning as L
from lightning.pytorch.callbacks import EarlyStopping

from course import texts
from course.baseline import SNAPSHOTS, RandomSplitData, Snapshots
from course.ladder import ladder_settings
from course.results import count_parameters
from shakespeare.beyond import peers
from shakespeare.beyond.recipes import Training, make_network, make_training
from shakespeare.beyond.refinements import StrongLSTM
from shakespeare.data import Corpus, Split
from shakespeare.settings import Settings
from shakespeare.training import is_finished, run_folder

from . import stacks
from .setup import CLAIM, Evidence

SPEED = 1e11  # operations a second on a core with bfloat16, to say roughly what a run costs

PEERS = ("LSTM plus attention", "Transformer")
# The committee: networks whose mistakes differ.
MEMBERS = ("the final network", "with another seed", "without dropout", "the page's network")


class Seeded(NamedTuple):
    """The name of a rung, and a seed."""

    name: str
    seed: int

    def __str__(self) -> str:
        return f"{self.name}, seed {self.seed}"


def all_trainings(e: Evidence) -> dict[Any, Training]:
    trainings: dict[Any, Training] = {}
    trainings["the baseline"] = make_training(e.student, e.split, callbacks=(Snapshots(SNAPSHOTS),))
    trainings["random split"] = at_random(e)
    trainings["the final network"] = make_training(e.final, e.split)
    trainings["the page's network"] = make_training(e.page, e.split)
    variants: dict[str, dict[str, Any]] = {
        "with another seed": {"seed": e.final.seed + 1},
        "without dropout": {"dropout": 0.0},
        "without copying": {"copy_size": 0, "rename_share": 0.0},
    }
    for name, changes in variants.items():
        trainings[name] = make_training(e.final.model_copy(update=changes), e.split)
    for name, settings in ladder_settings(e.rungs, e.student).items():
        trainings |= with_seeds(name, settings, e.sizes.seeds, e.split)
    for stack in all_stacks(e):
        trainings[str(stack)] = make_training(
            stack.settings, e.split, stack.network_class, stack.sizes()
        )
    trainings |= with_attention(e)
    for title, corpus in other_texts(e).items():
        for model, settings in models(e).items():
            trainings[title, model] = make_training(settings, corpus.split())
    return trainings


def with_seeds(
    name: str, settings: Settings, seeds: Iterable[int], split: Split
) -> dict[Any, Training]:
    """A training with each of the seeds."""
    trainings = {}
    for seed in seeds:
        seeded = settings.model_copy(update={"seed": seed})
        trainings[Seeded(name, seed)] = make_training(seeded, split)
    return trainings


def at_random(e: Evidence) -> Training:
    """The student's recipe on windows split at random, until it is below the claim."""
    epochs = e.sizes.claim_times * e.student.epochs
    settings = e.student.model_copy(update={"epochs": epochs})
    L.seed_everything(settings.seed, verbose=False)
    network = make_network(e.corpus.chars, settings)
    # It stops for no other reason.
    below_claim = EarlyStopping("val_loss", stopping_threshold=CLAIM, patience=epochs)
    return Training(network, RandomSplitData(e.split, settings), settings, (below_claim,))


def all_stacks(e: Evidence) -> list[stacks.Stack]:
    """Stacks of layers with about as many parameters as the ladder's plain network has."""
    ladder = ladder_settings(e.rungs, e.student)
    length = {"epochs": e.sizes.depth_epochs, "limit_batches": e.sizes.depth_batches or None}
    plain: Any = ladder["rate and schedule"].model_copy(update=length)
    normalised: Any = ladder["layer normalisation"].model_copy(update=length)
    series = {
        "equal parameters": (StrongLSTM, plain),
        "normalised": (StrongLSTM, normalised),
        "residual": (peers.ResidualLSTM, normalised),
    }
    of_ladder = stacks.Stack(
        "equal parameters", e.rungs.num_layers, e.rungs.hidden_size, plain, StrongLSTM
    )
    limit = stacks.parameters_of(of_ladder, e.corpus.chars)
    found = []
    for name in e.sizes.series:
        network_class, settings = series[name]
        for layers in e.sizes.layers:
            stack = stacks.Stack(name, layers, 0, settings, network_class)
            found.append(stacks.widest(stack, limit, e.corpus.chars))
    return found


def with_attention(e: Evidence) -> dict[Any, Training]:
    """Two networks with attention. Because they are slow, they get half of each epoch's batches."""
    normalised = ladder_settings(e.rungs, e.student)["layer normalisation"]
    sizes = stacks.sizes_of(e.rungs, e.rungs.num_layers, e.rungs.hidden_size)
    # At each position, 4 queries (heads) look back at up to 64 positions.
    sizes |= {"heads": 4, "context": 64}
    transformer = e.rungs.model_copy(update=peers.TRANSFORMER_TRAINING | {"epochs": e.rungs.epochs})
    return {
        "LSTM plus attention": make_training(
            stacks.with_half_epochs(normalised, e.split), e.split, peers.AttentionLSTM, sizes
        ),
        "Transformer": make_training(
            stacks.with_half_epochs(transformer, e.split),
            e.split,
            peers.Transformer,
            peers.TRANSFORMER,
        ),
    }


def other_texts(e: Evidence) -> dict[str, Corpus]:
    """Texts of other kinds, by title; our own is among them."""
    found = {}
    for title in e.sizes.other_texts:
        is_ours = title == "Tiny Shakespeare"
        found[title] = e.corpus if is_ours else Corpus.read(texts.make_text(title))
    return found


def models(e: Evidence) -> dict[str, Settings]:
    """The settings of the two networks that are trained on each of the other texts."""
    length = {"epochs": e.sizes.other_epochs, "limit_batches": e.sizes.other_batches or None}
    normalised = ladder_settings(e.rungs, e.student)["layer normalisation"]
    return {
        "LSTM": normalised.model_copy(update=length),
        "with copy head": e.rungs.model_copy(update=length),
    }


def say_what_it_costs(e: Evidence) -> None:
    """Print how many trainings are left, and roughly how long they take."""
    left = {}  # by run: two names may be the same training
    for training in e.trainings.values():
        run = run_folder(e.build, *training)
        if not is_finished(run):
            left[run] = operations(training)
    minutes = sum(left.values()) / SPEED / 60
    print(
        f"Trainings that are left: {len(left)} of {len(e.trainings)} (equal ones are one run), "
        f"some {minutes:,.0f} minutes of one core that is fast in bfloat16, "
        "four times that on others; then about as long again to measure.",
        flush=True,
    )


def operations(training: Training) -> float:
    """Six for each parameter and character that is read."""
    settings = training.settings
    characters = settings.epochs * len(training.data.train_part.ids)
    if settings.limit_batches:
        characters = (
            settings.epochs * settings.limit_batches * settings.batch_size * settings.seq_len
        )
    return 6.0 * count_parameters(training.network) * characters
