"""Work in parts, on as many threads as the tables use. The answer does not depend on how many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import polars as pl

Made = TypeVar("Made")
Given = TypeVar("Given")
_SMALL = 2_000
_EACH = 4


def in_parts(work: Callable[[tuple[int, int]], Made], n: int) -> list[Made]:
    """work((from, until)) over 0..n in parts -> what each made, in order. The kernels let go of the interpreter.

    >>> in_parts(lambda part: sum(range(*part)), 10)
    [45]
    """
    threads = pl.thread_pool_size()
    if n < _SMALL or threads == 1:
        return [work((0, n))]
    edges = [n * k // (threads * _EACH) for k in range(threads * _EACH + 1)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, pairwise(edges)))


def in_turn(work: Callable[[Given], Made], each: Sequence[Given]) -> list[Made]:
    """work of each -> what each made, in order; at once, where there are threads for it.

    >>> in_turn(len, ["one", "three"])
    [3, 5]
    """
    threads = min(pl.thread_pool_size(), len(each))
    if threads < 2:
        return [work(one) for one in each]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, each))
