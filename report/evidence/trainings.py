"""What is trained for the evidence, by name, without the game of memory: all of it at once."""

from typing import Any

from lightning.pytorch.callbacks import EarlyStopping

from course import texts
from course.ladder import WITHOUT_COPYING
from course.snapshots import Snapshots
from shakespeare.data import Corpus
from shakespeare.runs import Training, cost, digits_of, is_finished, run_folder
from shakespeare.settings import Settings

from . import stacks, tenths
from .random_split import RandomSplitData
from .rungs import ladder_settings
from .setup import CLAIM, Evidence

SPEED = 1e11  # operations a second on a core with bfloat16, to say roughly what a run costs

# A Transformer of about as many parameters as the networks of `quick`, and its training: what it
# changes in a recipe.
TRANSFORMER: dict[str, Any] = {
    "network": "Transformer",
    "hidden_size": 128,
    "num_layers": 3,
    "heads": 4,
    "context": 256,
    "layer_norm": False,  # its blocks have their own
    "copy_size": 0,
    "memory": 0,
    "rename_share": 0.0,
    "carry_state": False,
    "dropout": 0.0,
    "learning_rate": 4e-3,
    "batch_size": 8,
    "seq_len": 128,
    "epochs": 2,
}

# The committee: networks whose mistakes differ.
MEMBERS = ("the final network", "with another seed", "without dropout", "the page's network")


def all_trainings(e: Evidence) -> dict[str, Training]:
    """All trainings by name: seeds by `with_seed`, stacks by `str`, other texts as TITLE, MODEL."""
    trainings: dict[str, Training] = {}
    trainings["the baseline"] = Training(e.student, e.split, callbacks=(Snapshots(),))
    trainings["random split"] = at_random(e)
    trainings["the final network"] = Training(e.final, e.split)
    trainings["the page's network"] = Training(e.page, e.split)
    variants: dict[str, dict[str, Any]] = {
        "with another seed": {"seed": e.final.seed + 1},
        "without dropout": {"dropout": 0.0},
        "without copying": WITHOUT_COPYING,
    }
    for name, changes in variants.items():
        trainings[name] = Training(e.final.model_copy(update=changes), e.split)
    for name, settings in ladder_settings(e.rungs, e.student).items():
        for seed in e.sizes.seeds:
            seeded = settings.model_copy(update={"seed": seed})
            trainings[with_seed(name, seed)] = Training(seeded, e.split)
    for stack in all_stacks(e):
        trainings[str(stack)] = Training(stack.settings, e.split)
    for name, settings in with_attention(e).items():
        trainings[name] = Training(settings, e.split)
    for title, corpus in other_texts(e).items():
        for model, settings in models(e).items():
            trainings[f"{title}, {model}"] = Training(settings, corpus.split())
    return trainings | tenths.trainings(e)


def with_seed(rung: str, seed: int) -> str:
    """The name of a rung's training with one of the seeds."""
    return f"{rung}, seed {seed}"


def at_random(e: Evidence) -> Training:
    """The student's recipe on windows split at random, until it is below the claim."""
    epochs = e.sizes.claim_times * e.student.epochs
    # It stops for no other reason.
    below_claim = EarlyStopping("val_loss", stopping_threshold=CLAIM, patience=epochs)
    return Training(
        e.student.model_copy(update={"epochs": epochs}),
        e.split,
        data=RandomSplitData,
        callbacks=(below_claim,),
        adds={"stopping_threshold": CLAIM},
    )


def all_stacks(e: Evidence) -> list[stacks.Stack]:
    """Stacks of layers with about as many parameters as the ladder's plain network has."""
    ladder = ladder_settings(e.rungs, e.student)
    length = {"epochs": e.sizes.depth_epochs, "limit_batches": e.sizes.depth_batches or None}
    plain = ladder["rate and schedule"].model_copy(update=length)
    normalised = ladder["layer normalisation"].model_copy(update=length)
    series = {
        "equal parameters": plain,
        "normalised": normalised,
        "residual": normalised.model_copy(update={"network": "ResidualLSTM"}),
    }
    limit = stacks.parameters_of(plain, e.corpus.chars)
    found = []
    for name, settings in series.items():
        for layers in e.sizes.layers:
            deep = settings.model_copy(update={"num_layers": layers})
            found.append(stacks.Stack(name, stacks.widest(deep, limit, e.corpus.chars)))
    return found


def with_attention(e: Evidence) -> dict[str, Settings]:
    """Two networks with attention. Because they are slow, they get half of each epoch's batches."""
    normalised = ladder_settings(e.rungs, e.student)["layer normalisation"]
    # At each position, 4 queries (heads) look back at up to 64 positions.
    attention = {"network": "AttentionLSTM", "heads": 4, "context": 64}
    transformer = TRANSFORMER | {"epochs": e.rungs.epochs}
    networks = {
        "LSTM plus attention": normalised.model_copy(update=attention),
        "Transformer": e.rungs.model_copy(update=transformer),
    }
    return {name: with_half_epochs(each, e.split.train) for name, each in networks.items()}


def with_half_epochs(settings: Settings, train: Corpus) -> Settings:
    """The settings, with half of the batches of each epoch."""
    batches = settings.limit_batches
    if batches is None:
        batches = len(train.ids) // (settings.batch_size * settings.seq_len)
    return settings.model_copy(update={"limit_batches": max(1, batches // 2)})


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
    left = {}  # two names may be the same training
    for name, training in e.trainings.items():
        run = run_folder(training, e.build, name)
        if not is_finished(run):
            left[digits_of(run)] = training
    # A training takes six operations for each parameter and character that is read.
    minutes = sum(6 * cost(training) for training in left.values()) / SPEED / 60
    print(
        f"Trainings that are left: {len(left)} of {len(e.trainings)} (equal ones are one run), "
        f"some {minutes:,.0f} minutes of one core that is fast in bfloat16, "
        "four times that on others; then about as long again to measure.",
        flush=True,
    )
