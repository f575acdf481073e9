"""The recipes of the ladder: each rung is the one below it with some changes."""

from typing import Any

from shakespeare.settings import Recipe, changed_recipe

BOTTOM = "the small baseline"  # the student's recipe, in a network of the ladder's size
LAST = "learning while reading, with n-grams"  # the last rung, which is another protocol


def ladder_recipes(top: Recipe, student: Recipe) -> dict[str, Recipe]:
    """The recipe of each network on the ladder, by the name of its rung, from the bottom up."""
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
