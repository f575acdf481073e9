"""What is trained for the evidence, by name."""

from lightning.pytorch.callbacks import EarlyStopping

from . import birth, tenths, who_copies
from .random_split import RandomSplitData
from .rungs import changed, ladder_recipes, recipe_without_copying
from .setup import CLAIM, Evidence
from .snapshots import Snapshots
from .train import Training

# The committee's members beside the final and the small network: their mistakes differ.
OTHER_MEMBERS = ("with another seed", "without dropout")
OTHER_SEEDS = (2, 3)  # of the student's recipe


def on_input(e: Evidence) -> dict[str, Training]:
    """All trainings on input.txt by name.

    `with_seed` makes the name of a rung. tenths.py names those that hold out another tenth, and
    who_copies.py those of small networks that may copy.
    """
    other_seed = e.recipes["final"].training.seed + 1
    recipes = {
        "the final network": e.recipes["final"],
        "the page's network": e.recipes["small"],
        "with another seed": changed(e.recipes["final"], {"training.seed": other_seed}),
        "without dropout": changed(e.recipes["final"], {"network.dropout": 0.0}),
        "without copying": recipe_without_copying(e.recipes["final"]),
    }
    for name, recipe in ladder_recipes(e.recipes["rungs"], e.recipes["baseline"]).items():
        for seed in e.sizes.seeds:
            recipes[with_seed(name, seed)] = changed(recipe, {"training.seed": seed})
    for seed in OTHER_SEEDS:
        more = {"training.seed": e.seed + seed - 1}
        recipes[with_seed("the baseline", seed)] = changed(e.recipes["baseline"], more)

    trainings = {"the baseline": Training(e.recipes["baseline"], e.split, callbacks=[Snapshots()])}
    trainings["random split"] = at_random(e)
    for name, recipe in recipes.items():
        trainings[name] = Training(recipe, e.split)
    trainings[birth.NAME] = birth.training(e)
    return trainings | tenths.trainings(e) | who_copies.trainings(e)


def with_seed(rung: str, seed: int) -> str:
    """The name of a training with one of several seeds."""
    return f"{rung}, seed {seed}"


def at_random(e: Evidence) -> Training:
    """The student's recipe on windows split at random, until it is below the claim."""
    epochs = e.sizes.claim_times * e.recipes["baseline"].training.epochs
    # It stops for no other reason.
    below_claim = EarlyStopping("val_loss", stopping_threshold=CLAIM, patience=epochs)
    longer = changed(e.recipes["baseline"], {"training.epochs": epochs})
    return Training(longer, e.split, data=RandomSplitData, callbacks=[below_claim])
