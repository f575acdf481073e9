"""The numbers of the learning curves on the explorer's page."""

import itertools

import pytest


@pytest.mark.parametrize("count", [10, 5_000])
def test_a_curve_keeps_few_points_from_its_beginning_to_its_end(node, count):
    code = f"""
      const points = new Points();
      for (let k = 1; k <= {count}; k++) points.add(10 * k, 1 / k);
      return points.list.map(({{ x }}) => x);
    """
    found = node.run_node(("page/points.js",), code)
    gaps = [after - before for before, after in itertools.pairwise(found)]
    assert found[0] == 10
    assert found[-1] == 10 * count  # the newest
    assert len(found) == count if count <= 600 else 200 < len(found) <= 600
    assert max(gaps) <= 2 * (10 * count / len(found))  # no part of the curve is thin
