"""A case whose bytes were changed says so; it never serves what it cannot vouch for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from trucewatch.base.errors import CaseBroken, CaseError, NotACase
from trucewatch.base.ids import commitment, sha256
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import Signer
from trucewatch.stores.posix import MARKER, make_case, open_case

SALT = bytes(range(32))
ENTRIES, HASHES = "log/tile/entries/000.p/3", "log/tile/0/000.p/3"
LINES = [b"first line", b"second line", b"third line"]


@pytest.fixture
def case(tmp_path):
    made = make_case(tmp_path / "case", "test.invalid/log")
    made.log.append(LINES)
    made.objects.put(b"a body")
    made.vault.put(commitment(SALT, b"raw"), SALT, b"raw")
    return made


def test_a_folder_that_is_no_case_is_named_with_the_way_out(tmp_path):
    with pytest.raises(NotACase, match=r"is not a case .*trucewatch init"):
        open_case(tmp_path)
    with pytest.raises(NotACase):
        open_case(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotACase):
        open_case(tmp_path / "file")


def test_a_case_is_not_made_over_other_things(tmp_path):
    (tmp_path / "thesis.odt").write_text("x")
    with pytest.raises(NotACase, match="holds other things"):
        make_case(tmp_path, "test.invalid/log")
    with pytest.raises(NotACase):
        make_case(tmp_path / "thesis.odt", "test.invalid/log")
    assert [at.name for at in tmp_path.iterdir()] == ["thesis.odt"]


def test_making_a_case_that_is_there_opens_it_and_keeps_its_name(case):
    assert make_case(case.folder, "another.invalid/log").log.origin == "test.invalid/log"
    assert make_case(case.folder, "another.invalid/log").log.lines() == LINES


@pytest.mark.parametrize("origin", ["", "two\nlines", "two\u2028lines"])
def test_a_log_is_not_given_a_name_that_its_head_could_not_carry(tmp_path, origin):
    with pytest.raises(CaseError, match="one line"):
        make_case(tmp_path / "case", origin)
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize(
    "marker",
    [b"", b"{", b"null", b"[]", b"{}", b'{"format":3,"origin":"a"}', b'{"format":2}', b'{"format":2,"origin":7}',
     b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_a_marker_that_was_spoiled_is_a_broken_case_and_told_in_one_line(case, marker):
    (case.folder / MARKER).write_bytes(marker)
    with pytest.raises(CaseBroken) as wrong:
        open_case(case.folder)
    assert len(str(wrong.value).splitlines()) == 1


def test_a_case_of_the_form_before_this_one_is_refused_with_the_way_out(case):
    (case.folder / MARKER).write_bytes(b'{"format":1,"origin":"test.invalid/log"}')
    with pytest.raises(CaseBroken, match=r"format 1, which no released version wrote; make a new one .* pull again"):
        open_case(case.folder)


def flipped(honest: bytes) -> Iterator[bytes]:
    """The bytes with each single bit flipped."""
    for at in range(len(honest) * 8):
        forged = bytearray(honest)
        forged[at // 8] ^= 1 << at % 8
        yield bytes(forged)


def test_a_flipped_bit_anywhere_in_the_committed_entries_is_noticed_and_the_file_is_named(case):
    honest = case.folder.joinpath(ENTRIES).read_bytes()
    for forged in flipped(honest):
        case.folder.joinpath(ENTRIES).write_bytes(forged)
        with pytest.raises(CaseBroken, match=ENTRIES):
            open_case(case.folder).log.lines()
    case.folder.joinpath(ENTRIES).write_bytes(honest)
    assert open_case(case.folder).log.lines() == LINES


@pytest.mark.parametrize("name", [ENTRIES, HASHES])
def test_nothing_is_built_on_an_edge_with_any_bit_flipped(case, name):
    path = case.folder / name
    honest = path.read_bytes()
    for forged in flipped(honest):
        path.write_bytes(forged)
        with pytest.raises(CaseBroken, match="tile/"):
            case.log.append([b"next"])
        assert path.read_bytes() == forged
    path.write_bytes(honest)
    assert list(case.log.files()) == [HASHES[4:], ENTRIES[4:]] and case.log.append([b"next"]) == 3


def test_a_flipped_bit_in_a_full_tile_is_named_where_the_whole_log_is_read(tmp_path):
    case = make_case(tmp_path / "long", "test.invalid/log")
    case.log.append([b"line %d" % n for n in range(600)])
    path = case.folder / "log/tile/entries/001"
    honest = path.read_bytes()
    path.write_bytes(honest.replace(b"line 300", b"line 3oo"))
    with pytest.raises(CaseBroken, match="tile/entries/001 does not hold the entries that tile/0/001 commits to"):
        case.log.lines()
    path.write_bytes(honest[: len(honest) // 2])
    with pytest.raises(CaseBroken, match="tile/entries/001: "):
        case.log.lines()
    # Both altered in the same way: neither names the other, the head names the log.
    path.write_bytes(honest.replace(b"line 300", b"line 3oo"))
    hashes = bytearray((case.folder / "log/tile/0/001").read_bytes())
    hashes[(300 - 256) * 32 : (301 - 256) * 32] = merkle.leaf(b"line 3oo")
    (case.folder / "log/tile/0/001").write_bytes(hashes)
    with pytest.raises(CaseBroken, match="does not hold the 600 entries that its head commits to"):
        case.log.lines()


def test_entries_or_hashes_that_were_cut_anywhere_are_noticed(case):
    for name in (ENTRIES, HASHES):
        path = case.folder / name
        honest = path.read_bytes()
        for size in range(len(honest)):
            path.write_bytes(honest[:size])
            if name == ENTRIES:
                with pytest.raises(CaseBroken, match=f"{ENTRIES}: "):
                    open_case(case.folder).log.lines()
            with pytest.raises(CaseBroken, match=f"{name}: "):
                open_case(case.folder).log.append([b"next"])
        path.write_bytes(honest)


def test_nothing_is_appended_to_entries_that_were_altered(case):
    entries = case.folder / ENTRIES
    forged = entries.read_bytes().replace(b"second", b"sec0nd")
    entries.write_bytes(forged)
    with pytest.raises(CaseBroken):
        case.log.append([b"next"])
    assert entries.read_bytes() == forged


def test_no_checkpoint_is_kept_where_a_tile_that_has_to_vouch_for_it_was_altered(tmp_path):
    signer = Signer("test.invalid/log", bytes(32))
    lines = [b"line %d" % n for n in range(600)]
    for name in ("tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"):
        case = make_case(tmp_path / name.replace("/", " "), "test.invalid/log")
        case.log.append(lines)
        path = case.folder / "log" / name
        path.write_bytes(bytes(32) + path.read_bytes()[32:])
        note = checkpoint(Head("test.invalid/log", 300, merkle.root([merkle.leaf(x) for x in lines[:300]])), signer)
        with pytest.raises(CaseBroken):
            case.log.keep_checkpoint(note.encode())
        assert case.log.checkpoints() == []


def test_a_flipped_bit_anywhere_in_the_head_is_noticed(case):
    head = case.folder / "log/head"
    for forged in flipped(head.read_bytes()):
        head.write_bytes(forged)
        with pytest.raises(CaseBroken):
            open_case(case.folder).log.lines()
        with pytest.raises(CaseBroken):
            open_case(case.folder).log.append([b"next"])


@pytest.mark.parametrize("name", ["entries", "0"])
def test_entries_or_hashes_that_are_gone_are_noticed(case, name):
    path = case.folder / f"log/tile/{name}/000.p/3"
    path.unlink()
    if name == "entries":
        with pytest.raises(CaseBroken, match="is gone"):
            open_case(case.folder).log.lines()
    with pytest.raises(CaseBroken, match="is gone"):
        open_case(case.folder).log.append([b"next"])
    assert not path.exists()


@pytest.mark.parametrize("left", ["tile", "checkpoint", "checkpoints"])
def test_a_head_that_is_gone_does_not_make_the_log_an_empty_one(case, left):
    # Found by this test: the log came up empty, and the next append wrote over every entry.
    (case.folder / "log/head").unlink()
    if left != "tile":
        shutil.move(case.folder / "log/tile", case.folder / "log" / left)
    before = {path: path.read_bytes() for path in case.folder.rglob("*") if path.is_file()}
    with pytest.raises(CaseBroken, match="is gone"):
        open_case(case.folder).log.lines()
    with pytest.raises(CaseBroken):
        open_case(case.folder).log.append([b"next"])
    assert before == {path: path.read_bytes() for path in case.folder.rglob("*") if path.is_file()}


def test_the_log_of_another_case_is_not_taken_for_ours(case, tmp_path):
    other = make_case(tmp_path / "other", "other.invalid/log")
    other.log.append([b"their line"])
    shutil.rmtree(case.folder / "log")
    shutil.copytree(other.folder / "log", case.folder / "log")
    with pytest.raises(CaseBroken, match=r"other\.invalid/log"):
        open_case(case.folder).log.lines()


def test_an_altered_object_is_noticed_and_putting_the_true_one_again_mends_it(case):
    name = sha256(b"a body")
    case.objects.path(name).write_bytes(b"A body")
    with pytest.raises(CaseBroken, match="named after"):
        open_case(case.folder).objects.get(name)
    # Found by this test: a file of that name was enough to believe that the bytes were stored.
    assert case.objects.put(b"a body") == name
    assert open_case(case.folder).objects.get(name) == b"a body"


@pytest.mark.parametrize("part", ["bytes", "salt"])
def test_altered_captured_bytes_or_salt_are_noticed(case, part):
    path = case.vault.path(commitment(SALT, b"raw"))
    path = path if part == "bytes" else path.with_name(path.name + ".salt")
    for forged in (b"", b"rAw", path.read_bytes() + b"x"):
        path.write_bytes(forged)
        with pytest.raises(CaseBroken):
            open_case(case.folder).vault.get(commitment(SALT, b"raw"))


def test_bytes_whose_salt_is_gone_are_not_served(case):
    path = case.vault.path(commitment(SALT, b"raw"))
    path.with_name(path.name + ".salt").unlink()
    with pytest.raises(KeyError):
        open_case(case.folder).vault.get(commitment(SALT, b"raw"))


def test_the_marker_says_what_the_folder_is(case):
    assert json.loads((case.folder / MARKER).read_bytes()) == {"format": 2, "origin": "test.invalid/log"}
