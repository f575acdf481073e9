"""The settings of the ladder: each rung keeps what the ones below it have changed."""

from shakespeare.settings import Settings

BOTTOM = "the small baseline"  # the student's recipe, in a network of the ladder's size
SHARED = (  # these settings are the same on all rungs
    "embedding_size",
    "hidden_size",
    "num_layers",
    "batch_size",
    "seq_len",
    "epochs",
    "limit_batches",
)
SWITCHED_ON = {  # by a rung: these settings get the values that they have at the top
    "rate and schedule": ("learning_rate", "one_cycle"),
    "layer normalisation": ("layer_norm",),
    "copy head": ("network", "copy_size", "memory", "carry_state"),
    "invented names": ("rename_share",),
}


def ladder_settings(top: Settings, student: Settings) -> dict[str, Settings]:
    """The settings of each network on the ladder, by the name of its rung, from the bottom up."""
    shared = {name: getattr(top, name) for name in SHARED}
    switched_off = {
        "network": "NormDropoutLSTM",  # it has dropout, if the top has it
        "learning_rate": student.learning_rate,
        "one_cycle": False,
        "layer_norm": False,
        "copy_size": 0,
        "memory": 0,
        "carry_state": False,
        "rename_share": 0.0,
    }
    rung = top.model_copy(update=switched_off)
    rungs = {BOTTOM: student.model_copy(update=shared)}
    for name, switched_on in SWITCHED_ON.items():
        rung = rung.model_copy(update={setting: getattr(top, setting) for setting in switched_on})
        rungs[name] = rung
    return rungs
