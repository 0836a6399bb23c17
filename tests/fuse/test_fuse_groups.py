"""What hangs together, worked out fast, is what walking from neighbour to neighbour finds."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from trucewatch.base.graph import components

EDGES = st.integers(1, 30).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60))
)


def by_hand(n: int, edges: list[tuple[int, int]]) -> list[int]:
    label = [-1] * n
    for start in range(n):
        todo = [start]
        while todo:
            here = todo.pop()
            if label[here] < 0:
                label[here] = start
                todo += [b if a == here else a for a, b in edges if here in (a, b)]
    return label


@given(EDGES)
@example((1, []))
@example((5, [(4, 3), (3, 2), (2, 1), (1, 0)]))
@example((4, [(3, 3), (2, 2)]))
def test_components_are_what_walking_finds(made):
    n, edges = made
    left, right = (np.array([e[k] for e in edges], dtype=np.int64) for k in (0, 1))
    assert components(left, right, n).tolist() == by_hand(n, edges)


def test_a_long_chain_laid_out_against_the_grain_is_one():
    order = np.random.default_rng(1).permutation(100_000).astype(np.int64)
    assert not components(order[:-1], order[1:], order.size).any()
