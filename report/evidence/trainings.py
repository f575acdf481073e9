"""What is trained for the evidence, by name, and the recipe of each training.

The recipes of the shipped networks, of the ladder and of "Who copies?" begin in recipes.toml and in
shakespeare/recipes; what is changed in them is here.
"""

from collections.abc import Mapping
from typing import Any

from lightning.pytorch.callbacks import EarlyStopping

from shakespeare.beyond.renaming import RenamedStreams
from shakespeare.beyond.streams import Streams
from shakespeare.data import RandomWindows
from shakespeare.settings import Recipe, Settings, changed_recipe
from study.repetition import RandomCharacters, RepeatedCharacters
from study.who_copies import NETWORKS
from study.windows import RenamedWindows

from .setup import CLAIM, RECIPES, Evidence
from .snapshots import Snapshots
from .splits import LAST, RandomSplitData, split_with
from .train import Training

SHIPPED = {  # networks that are shipped, and the names of their trainings
    "baseline": "the baseline",
    "final": "the final network",
    "small": "the small network",
}
ANOTHER_SEED = "the final network with another seed"
WITHOUT_COPYING = "without copying"
AT_RANDOM = "random split"
OTHER_SEEDS = (2, 3)  # of the student's recipe


def on_input(e: Evidence) -> dict[str, Training]:
    """All trainings on input.txt by name."""
    final = e.recipes["final"]
    another_seed = {"training.seed": final.training.seed + 1}
    found = {name: Training(e.recipes[recipe], e.split) for recipe, name in SHIPPED.items()}
    found[ANOTHER_SEED] = Training(changed(final, another_seed), e.split)
    found[WITHOUT_COPYING] = Training(recipe_without_copying(final), e.split)
    found[AT_RANDOM] = at_random(e)
    return found | of_seeds(e) | of_tenths(e) | of_sizes(e) | copiers(e)


def changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """A recipe with other values of settings such as "network.hidden_size"."""
    return changed_recipe(recipe.network, recipe.training.model_dump(), changes)


def recipe_without_copying(recipe: Recipe) -> Recipe:
    """A recipe of a CopyLSTM without its copy head, and without the renaming that trains it."""
    network = dict(recipe.network)
    network["class"] = "NormDropoutLSTM"
    del network["copy_size"]
    del network["memory"]
    return Recipe(network, recipe.training.changed(data="Streams"))


def at_random(e: Evidence) -> Training:
    """The student's recipe on windows split at random, until it is below the claim."""
    epochs = e.sizes.claim_times * e.recipes["baseline"].training.epochs
    # It stops for no other reason.
    below_claim = EarlyStopping("val_loss", stopping_threshold=CLAIM, patience=epochs)
    longer = changed(e.recipes["baseline"], {"training.epochs": epochs})
    return Training(longer, e.split, data=RandomSplitData, callbacks=[below_claim])


# --- several seeds ---


def of_seeds(e: Evidence) -> dict[str, Training]:
    """The ladder with each seed, and the student's recipe with others."""
    found = {}
    for name, recipe in ladder_recipes(e.recipes["rungs"], e.recipes["baseline"]).items():
        for seed in e.sizes.seeds:
            found[with_seed(name, seed)] = Training(
                changed(recipe, {"training.seed": seed}), e.split
            )
    for seed in OTHER_SEEDS:
        more = {"training.seed": e.seed + seed - 1}
        recipe = changed(e.recipes["baseline"], more)
        found[with_seed("the baseline", seed)] = Training(recipe, e.split)
    return found


def with_seed(name: str, seed: int) -> str:
    """The name of a training with one of several seeds."""
    return f"{name}, seed {seed}"


BOTTOM = "the small baseline"  # the student's recipe, in a network of the ladder's size


def ladder_recipes(top: Recipe, student: Recipe) -> dict[str, Recipe]:
    """The recipe of each network on the ladder, by the name of its rung, from the bottom up.

    Each rung is the one below it with some changes.
    """
    bottom = values_in(
        top,
        "network.embedding_size",
        "network.hidden_size",
        "network.num_layers",
        "training.batch_size",
        "training.seq_len",
        "training.epochs",
        "training.limit_batches",
    )
    schedule = values_in(top, "training.learning_rate", "training.schedule", "network.dropout")
    # The class that has all that the rungs above it need, with nothing of it switched on.
    schedule |= {"network.class": "NormDropoutLSTM", "network.layer_norm": False}
    copying = values_in(top, "network.class", "network.copy_size", "network.memory")
    copying |= {"training.data": "Streams"}  # a copy head needs a past
    changes = {
        BOTTOM: bottom,
        "rate and schedule": schedule,
        "layer normalisation": values_in(top, "network.layer_norm"),
        "copy head": copying,
        "invented names": values_in(top, "training.data"),
    }
    rungs = {}
    recipe = student
    for name, changes_of_rung in changes.items():
        recipe = changed(recipe, changes_of_rung)
        rungs[name] = recipe
    return rungs


def values_in(recipe: Recipe, *names: str) -> dict[str, Any]:
    """The values of settings such as "network.hidden_size", by these names."""
    tables = {"network": recipe.network, "training": recipe.training.model_dump()}
    found = {}
    for name in names:
        table, _, setting = name.partition(".")
        found[name] = tables[table][setting]
    return found


# --- each tenth held out, and other sizes ---


def of_tenths(e: Evidence) -> dict[str, Training]:
    """Both recipes on each tenth but the last, for which the shipped networks are trained."""
    found = {}
    for tenth in e.sizes.tenths:
        if tenth == LAST:
            continue
        split = split_with(e.corpus, tenth)
        for name in ("baseline", "final"):
            found[on_tenth(name, tenth)] = Training(e.recipes[name], split)
    return found


def on_tenth(name: str, tenth: int) -> str:
    return f"{name}, tenth {tenth}"


def of_sizes(e: Evidence) -> dict[str, Training]:
    """The student's recipe in other sizes."""
    found = {}
    for size in e.sizes.student_sizes:
        recipe = changed(e.recipes["baseline"], {"network.hidden_size": size})
        found[sized(size)] = Training(recipe, e.split)
    return found


def sized(hidden_size: int) -> str:
    return f"the student's recipe with {hidden_size} cells"


# --- who copies? ---

LONGER = "Transformer, longer"
AFTER_REPETITION = "Transformer, longer, after repetition"
AFTER_NO_REPETITION = "Transformer, longer, after no repetition"


def copiers(e: Evidence) -> dict[str, Training]:
    """All that "Who copies?" needs, by name."""
    found = {}
    for group, by_seed in groups(e).items():
        for seed, training in by_seed.items():
            found[copier(group, seed)] = training
    return found | with_other_rates(e)


def copier(group: str, seed: int) -> str:
    return f"who copies, {group}, seed {seed}"


def groups(e: Evidence) -> dict[str, dict[int, Training]]:
    """Trainings by the name of a group and by seed."""
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
    training = of_network(e, "Transformer", "longer", RenamedWindows, changes)
    if warm_up is not None:
        training.before = of_network(e, "Transformer", "warm_up", warm_up, changes)
    return training


def of_network(
    e: Evidence, network: str, length: str, data: Any, changes: Mapping[str, Any]
) -> Training:
    """A training of a length that recipes.toml has, by default at the rate that was chosen."""
    rate = {"learning_rate": chosen_rate(e, network)}
    settings = RECIPES[e.profile]["who_copies"][length] | rate | changes
    recipe = Recipe(NETWORKS[network], Settings.validated(settings))
    return Training(recipe, e.split, data=data, callbacks=[Snapshots()])


def reads_windows(network: str) -> bool:
    """Whether it is trained on windows, each from an empty state; the others carry theirs."""
    return network.startswith("Transformer")


def chosen_rate(e: Evidence, network: str) -> float:
    """The learning rate in the middle of those that are tried."""
    rates = e.sizes.copies_rates[network]
    return rates[len(rates) // 2]


def with_other_rates(e: Evidence) -> dict[str, Training]:
    """Six networks with the first seed and the learning rates that weren't chosen, by name."""
    found = {}
    for network in NETWORKS:
        for rate in e.sizes.copies_rates[network]:
            if rate != chosen_rate(e, network):
                found[with_rate(network, rate)] = of_six(e, network, learning_rate=rate)
    return found


def with_rate(network: str, rate: float) -> str:
    return f"who copies, {network}, rate {rate:g}"


def rates_of_repetition(e: Evidence, network: str) -> list[float]:
    """Two, of which one is the Transformer's, or this one alone."""
    return sorted({chosen_rate(e, network), chosen_rate(e, "Transformer")})


def on_repetition_alone(network: str, rate: float) -> str:
    return f"{network}, repetition, rate {rate:g}"
