"""Gains over tenths."""

import pytest

from report.evidence.tenths import gains
from shakespeare.evaluation import t_interval


def test_a_gain_over_tenths_is_paired_and_also_without_the_last():
    rows = []
    for counting, baseline, final in ((1.5, 1.4, 1.2), (1.4, 1.35, 1.2), (1.6, 1.6, 1.1)):
        rows.append({"counting": counting, "baseline": baseline, "final": final})
    found = gains(rows)
    assert found["baseline"]["mean"] == pytest.approx(0.05)
    assert found["baseline"]["interval"] == pytest.approx(t_interval([0.1, 0.05, 0.0]))
    assert found["final"]["mean"] == pytest.approx((0.2 + 0.15 + 0.5) / 3)
    assert found["final"]["without_last"]["mean"] == pytest.approx(0.175)
    low, high = found["final"]["without_last"]["interval"]
    assert (low + high) / 2 == pytest.approx(0.175)
