"""Every bit of a log of a thousand entries, flipped: each is caught by the check of the unit that holds it.

What is covered: all of `log/`, `vault/` (bytes and salts), `objects/`, `report/` and `trucewatch.json`. What is not:
`lock`, which says nothing, and what belongs to nothing (leftovers of an interrupted command, which fsck counts).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from flipped import KEY, ORIGIN, POLICY, SIZES, spoilt, thousand, with_flip
from trucewatch.base.errors import CaseBroken, TrucewatchError, VerificationError
from trucewatch.fsck import check_tile, derived, fsck
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.policy import lines_of, sole
from trucewatch.stores.posix import PosixCase, open_case

Check = Callable[[bytes], None]
AT_RANDOM = 300
"""Each is a check of the whole case; each bit of all of it is flipped by `make test-exhaustive`."""


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> PosixCase:
    return thousand(tmp_path_factory.mktemp("thousand") / "case")


@pytest.fixture(scope="module")
def policy(case) -> Path:
    path = case.folder.parent / "policy"
    path.write_text("".join(line + "\n" for line in lines_of(POLICY)))
    return path


def everything(case: PosixCase) -> list[Path]:
    """Every file of the case that says anything."""
    return sorted(path for path in case.folder.rglob("*") if path.is_file() and path.name != "lock")


def clean(case: PosixCase, trust=POLICY) -> bool:
    try:
        return all(well for _, well, _ in fsck(open_case(case.folder), trust))
    except TrucewatchError:
        return False


def unit(case: PosixCase, name: str) -> Check:
    """A file of the log -> the check of that file alone, against what it must agree with."""
    leaves = [merkle.leaf(line) for line in case.log.lines()]
    levels, tree = derived(leaves), merkle.in_memory(leaves)

    def of_tile(raw: bytes) -> None:
        check_tile(tiles.Tile.parse(name), raw, levels)

    def of_head(raw: bytes) -> None:
        head = Head.decode(raw)
        if (head.origin, head.size, head.root) != (ORIGIN, len(leaves), merkle.root(leaves)):
            raise CaseBroken("the head is not of these entries")

    def of_checkpoint(raw: bytes) -> None:
        head = POLICY.open(raw).head
        size = SIZES[-1] if name == "checkpoint" else int(name.removeprefix("checkpoints/"))
        if head.size != size or merkle.hash_of(tree, 0, size) != head.root:
            raise CaseBroken("the checkpoint is not of these entries")

    if name.startswith("tile/"):
        return of_tile
    return of_head if name == "head" else of_checkpoint


def holds(check: Check, raw: bytes) -> bool:
    try:
        check(raw)
    except (CaseBroken, VerificationError):
        return False
    return True


def log_files(case: PosixCase) -> list[str]:
    folder = case.folder / "log"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_case_is_clean_as_it_is_and_each_unit_of_its_log_holds(case):
    assert clean(case) and clean(case, None) and clean(case, sole(KEY.vkey))
    assert all(holds(unit(case, name), (case.folder / "log" / name).read_bytes()) for name in log_files(case))
    kinds = Counter(name.split("/")[0] if "/" in name else name for name in log_files(case))
    assert kinds == {"tile": 12, "checkpoints": 2, "checkpoint": 1, "head": 1}


@pytest.mark.exhaustive
def test_every_bit_of_the_log_is_caught_by_the_check_of_the_file_that_holds_it(case):
    flips, missed = Counter(), []
    for name in log_files(case):
        raw, check = (case.folder / "log" / name).read_bytes(), unit(case, name)
        for bit in range(len(raw) * 8):
            flips[name] += 1
            if holds(check, spoilt(raw, bit)):
                missed.append((name, bit))
    print(f"{sum(flips.values())} bits of {len(flips)} files flipped, {len(missed)} not caught")
    assert not missed
    assert sum(flips.values()) == 8 * sum((case.folder / "log" / name).stat().st_size for name in flips)


@pytest.mark.slow
def test_three_hundred_bits_at_random_anywhere_in_the_case_are_caught_by_the_whole_fsck(case):
    rng, files = random.Random(3), everything(case)
    sizes = [path.stat().st_size for path in files]
    # By their size, and every hundredth or so in a file of each kind that is small.
    drawn = rng.choices(files, sizes, k=AT_RANDOM - 100) + rng.choices(files, k=50)
    small = [path for path in files if path.parent.name != "tile" and path.is_relative_to(case.folder / "log")]
    drawn += rng.choices([path for path in small if path.stat().st_size < 1000], k=50)
    missed = []
    for path in drawn:
        bit = rng.randrange(path.stat().st_size * 8)
        with with_flip(path, bit):
            if clean(case):
                missed.append((str(path.relative_to(case.folder)), bit))
    assert len(drawn) == AT_RANDOM and not missed
    assert clean(case)


@pytest.mark.slow
def test_every_bit_of_the_marker_and_of_the_head_is_caught_by_the_whole_fsck(case):
    for path in (case.folder / "trucewatch.json", case.folder / "log/head"):
        for bit in range(path.stat().st_size * 8):
            with with_flip(path, bit):
                assert not clean(case), (path.name, bit)
