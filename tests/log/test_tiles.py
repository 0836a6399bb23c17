"""The log as files: their paths and widths, that any way to grow leads to the same ones, and proofs made from them."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from logkit import files_of

from trucewatch.base.errors import VerificationError
from trucewatch.log import merkle, tiles
from trucewatch.log.tiles import Tile, edge_of, grow, root_of, subtrees, tiles_of

FORM = "no path of a tile"


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999, 255), "tile/0/999.p/255"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 1_000_000, 1), "tile/63/x001/x000/000.p/1"),
        (Tile(-1, 5, 17), "tile/entries/005.p/17"),
        (Tile(-1, 2**63 // 256), "tile/entries/x036/x028/x797/x018/x963/968"),
    ],
)
def test_a_file_lies_where_the_format_says(tile, path):
    assert tile.path == path
    assert Tile.parse(path) == tile


@given(st.builds(Tile, st.integers(-1, 63), st.integers(0, 2**62), st.integers(1, 256)))
def test_a_path_reads_back_as_the_file_that_it_names(tile):
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    ["", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/-1/000",
     "tile/0/x000/000", "tile/0/x01/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p", "tile/0/000.p/",
     "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/257", "tile/0/000.p/999", "tile/0/000.p/1000",
     "/tile/0/000", "tile/0/000/", "tile//000", "tile/0/../000", "tile/entry/000", "tile/0/000 ", "tile/0/000\n",
     "tile/0/٠٠١", "tile/0/000.p/٣", "tile/0/" + "x999/" * 2000 + "999", "tile/0/" + "x001/" * 7 + "000"],
)  # fmt: skip
def test_any_other_path_is_refused(path):
    # Two found by reading: .p/257 to .p/999 were let through, and 4301 digits came out as a ValueError.
    with pytest.raises(VerificationError, match=FORM):
        Tile.parse(path)


def test_a_log_of_70000_has_the_files_that_the_specification_counts():
    found = Counter((tile.level, tile.width) for tile in tiles_of(70_000))
    assert found == {(-1, 256): 273, (-1, 112): 1, (0, 256): 273, (0, 112): 1, (1, 256): 1, (1, 17): 1, (2, 1): 1}
    assert sorted(edge_of(70_000)) == [Tile(-1, 273, 112), Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, []),
        (1, ["tile/entries/000.p/1", "tile/0/000.p/1"]),
        (255, ["tile/entries/000.p/255", "tile/0/000.p/255"]),
        (256, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]),
        (257, ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]),
    ],
)
def test_a_small_log_has_these_files(size, paths):
    assert [tile.path for tile in tiles_of(size)] == paths


@given(st.integers(0, 300_000))
@example(65_535)
@example(65_536)
def test_the_edge_is_what_is_partial_among_all_files(size):
    every = tiles_of(size)
    assert [tile for tile in every if tile.width < 256] == edge_of(size)
    assert len(set(every)) == len(every)


LINES = [b"entry %d" % n * (n % 3) for n in range(1200)]
AT_ONCE = {size: files_of(LINES[:size]) for size in (1, 255, 256, 257, 511, 512, 513, 1200)}


def grown(cuts: list[int], lines: list[bytes]) -> tuple[dict[str, bytes], set[str], tiles.Grown]:
    """Grow a log cut by cut, taking away what is outgrown -> its files, every path ever written, the last step."""
    files: dict[str, bytes] = {}
    written: set[str] = set()
    last = grow(0, files.__getitem__, [])
    for start, end in itertools.pairwise([0, *cuts, len(lines)]):
        last = grow(start, files.__getitem__, lines[start:end])
        assert last.files.keys().isdisjoint(files)
        files |= last.files
        written |= last.files.keys()
        for path in last.outgrown:
            del files[path]
    return files, written, last


@settings(max_examples=60)
@given(st.sampled_from(sorted(AT_ONCE)), st.data())
def test_in_whatever_batches_a_log_grows_it_comes_to_the_same_files(size, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=8)))
    files, written, last = grown(cuts, LINES[:size])
    assert files == AT_ONCE[size]
    assert set(files) == {tile.path for tile in tiles_of(size)}
    assert all(Tile.parse(path).path == path for path in written)
    assert (last.size, last.root) == (size, merkle.root([merkle.leaf(line) for line in LINES[:size]]))


def test_a_log_that_grows_one_by_one_comes_to_the_same_files_and_at_each_step_to_the_right_root():
    files: dict[str, bytes] = {}
    for size in range(600):
        step = grow(size, files.__getitem__, [LINES[size]])
        files |= step.files
        for path in step.outgrown:
            del files[path]
        assert step.root == merkle.root([merkle.leaf(line) for line in LINES[: size + 1]])
        assert root_of(size + 1, files.__getitem__) == step.root
        assert set(files) == {tile.path for tile in tiles_of(size + 1)}
        assert list(step.outgrown) == sorted(step.outgrown)


@given(st.integers(0, 256), st.integers(0, 256), st.integers(0, 256))
def test_two_batches_and_the_two_as_one_lead_to_the_same_log(before, first, second):
    lines = LINES[: before + first + second]
    apart = grown([before, before + first], lines)
    assert apart[0] == grown([before], lines)[0] == grown([], lines)[0]


def test_to_grow_only_what_is_at_the_right_edge_is_read():
    files, read = files_of(LINES), []

    def noted(path: str) -> bytes:
        read.append(path)
        return files[path]

    grow(1200, noted, [b"more"])
    assert sorted(read) == sorted(tile.path for tile in edge_of(1200))
    assert len(read) == 3


def test_nothing_is_written_and_nothing_outgrown_where_nothing_comes():
    files = AT_ONCE[257]
    step = grow(257, files.__getitem__, [])
    assert (step.files, step.outgrown, step.size) == ({}, (), 257)
    assert step.root == root_of(257, files.__getitem__)
    assert grow(0, {}.__getitem__, []).root == merkle.empty() == root_of(0, {}.__getitem__)


@pytest.mark.parametrize("size", sorted(AT_ONCE))
def test_every_proof_from_files_is_that_from_memory(size):
    tree = merkle.in_memory([merkle.leaf(line) for line in LINES[:size]])
    filed = subtrees(size, AT_ONCE[size].__getitem__)
    assert merkle.hash_of(filed, 0, size) == merkle.root([merkle.leaf(line) for line in LINES[:size]])
    for index in {*range(0, size, 37), size - 1}:
        assert merkle.path(filed, index, size) == merkle.path(tree, index, size)
        assert tiles.entry(index, size, AT_ONCE[size].__getitem__) == LINES[index]
    for old in {*range(1, size, 41), size - 1, size} - {0}:
        assert merkle.consistency(filed, old, size) == merkle.consistency(tree, old, size)
    assert list(tiles.entries(size, AT_ONCE[size].__getitem__)) == LINES[:size]


def test_the_files_of_a_longer_log_prove_what_a_shorter_one_held():
    filed, short = subtrees(1200, AT_ONCE[1200].__getitem__), merkle.in_memory([merkle.leaf(x) for x in LINES[:700]])
    for index in (0, 255, 256, 699):
        assert merkle.path(filed, index, 700) == merkle.path(short, index, 700)


def test_a_single_proof_reads_at_most_one_file_a_level_twice_at_the_right_edge():
    for size in (257, 1200):
        for index in (0, 255, 256, size - 1):
            read: list[str] = []
            merkle.path(
                subtrees(size, lambda path, to=read, size=size: to.append(path) or AT_ONCE[size][path]), index, size
            )
            assert len(read) == len(set(read)) <= 2 * 2


@pytest.mark.parametrize("cut", [1, 31, 32, 33])
def test_a_torn_tile_is_named_wherever_it_is_read(cut):
    files = AT_ONCE[513] | {"tile/0/002.p/1": b"x" * 32 + b"y" * cut, "tile/0/001": AT_ONCE[513]["tile/0/001"][:-cut]}
    told = rf"tile/0/002\.p/1: the tile has {32 + cut} bytes, expected 1 hashes"
    with pytest.raises(VerificationError, match=told):
        grow(513, files.__getitem__, [b"more"])
    with pytest.raises(VerificationError, match=told):
        root_of(513, files.__getitem__)
    with pytest.raises(VerificationError, match=rf"tile/0/001: the tile has {8192 - cut} bytes, expected 256 hashes"):
        merkle.path(subtrees(512, files.__getitem__), 300, 512)


@pytest.mark.parametrize(
    ("raw", "width", "told"),
    [
        (b"", 1, "holds 0 entries, expected 1"),
        (b"\x00", 0, "entry 0 of the file breaks off"),
        (b"\x00\x01", 1, "entry 0 of the file breaks off"),
        (b"\x00\x01a\x00\x02b", 2, "entry 1 of the file breaks off"),
        (b"\x00\x01a\x00\x00", 1, "holds 2 entries, expected 1"),
        (b"\x00\x01a", 2, "holds 1 entries, expected 2"),
    ],
)
def test_a_torn_bundle_or_one_of_another_width_is_refused(raw, width, told):
    with pytest.raises(VerificationError, match=told):
        tiles.unbundle(raw, width)


def test_a_torn_bundle_is_named():
    torn = {"tile/entries/000.p/3": b"\x00\x01a\x00\x01b"}
    with pytest.raises(VerificationError, match=r"tile/entries/000\.p/3: the file holds 2 entries, expected 3"):
        tiles.entry(0, 3, torn.__getitem__)


@given(st.lists(st.binary(max_size=300), max_size=20))
@example([b"x" * 65_535, b""])
def test_entries_read_back_from_their_file(lines):
    raw = tiles.bundle(lines)
    assert tiles.unbundle(raw, len(lines)) == lines
    assert len(raw) == sum(2 + len(line) for line in lines)


def test_an_entry_that_is_too_long_is_refused_before_anything_is_made():
    with pytest.raises(ValueError, match="at most 65535 bytes"):
        tiles.bundle([b"x" * 65_536])
    with pytest.raises(ValueError, match="at most 65535 bytes"):
        grow(0, {}.__getitem__, [b"fits", b"x" * 65_536])


def test_a_file_that_is_gone_is_a_key_error_and_no_entry_an_index_error():
    with pytest.raises(KeyError):
        grow(1, {}.__getitem__, [b"more"])
    with pytest.raises(KeyError):
        merkle.path(subtrees(300, AT_ONCE[255].__getitem__), 0, 300)
    for index in (-1, 255):
        with pytest.raises(IndexError):
            tiles.entry(index, 255, AT_ONCE[255].__getitem__)


def test_a_forged_tile_does_not_lead_to_the_root():
    files, root = AT_ONCE[1200], merkle.root([merkle.leaf(line) for line in LINES])
    for path in files:
        if not path.startswith("tile/entries") and Tile.parse(path) in edge_of(1200):
            forged = files | {path: bytes([files[path][0] ^ 1]) + files[path][1:]}
            assert root_of(1200, forged.__getitem__) != root
