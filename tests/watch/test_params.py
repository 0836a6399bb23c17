"""The room's numbers say what they are."""

from __future__ import annotations

from trucewatch.watch import ScanParams


def test_a_single_case_is_no_cluster_and_neither_is_most_of_them():
    params = ScanParams()
    assert params.least_cases == 2
    assert params.most_share == 0.5
