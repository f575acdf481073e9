"""The two ways of training whose speed is compared."""

from conftest import small_baseline

from report import bench


def test_lightning_and_a_bare_loop_are_timed_over_the_same_batches(excerpt):
    recipe = small_baseline(epochs=1, limit_batches=6)
    assert 0 < bench.through_lightning(excerpt, recipe) < 10
    assert 0 < bench.bare_loop(excerpt, recipe) < 10
