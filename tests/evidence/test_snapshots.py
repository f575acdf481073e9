"""The networks that the evidence keeps from a training."""

from conftest import same, small_baseline, train_recipe

from report.evidence.snapshots import Snapshots
from shakespeare.pretrained import from_pretrained
from shakespeare.training import make_network


def test_snapshots_are_the_network_before_their_steps_and_at_the_end(excerpt, tmp_path):
    split = excerpt.split()
    recipe = small_baseline(epochs=1)
    folder = tmp_path / "with"
    network = train_recipe(recipe, split, folder, [Snapshots([0, 5, 100])])
    assert same(network, train_recipe(recipe, split, tmp_path / "without"))
    saved = {path.name for path in folder.glob("step-*")}
    assert saved == {"step-0", "step-5", "step-22"}  # the training ends before step 100
    untrained = make_network(recipe, excerpt.chars)
    assert same(from_pretrained(folder / "step-0"), untrained)
    assert same(from_pretrained(folder / "step-22"), network)
    for other in (untrained, network):
        assert not same(from_pretrained(folder / "step-5"), other)
