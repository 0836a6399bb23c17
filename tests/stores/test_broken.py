"""A case whose bytes were changed says so; it never serves what it cannot vouch for."""

from __future__ import annotations

import json

import pytest

from trucewatch.base.errors import CaseBroken, CaseError, NotACase
from trucewatch.base.ids import commitment, sha256
from trucewatch.stores.posix import MARKER, make_case, open_case

SALT = bytes(range(32))
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
    [b"", b"{", b"null", b"[]", b"{}", b'{"format":2,"origin":"a"}', b'{"format":1}', b'{"format":1,"origin":7}',
     b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_a_marker_that_was_spoiled_is_a_broken_case_and_told_in_one_line(case, marker):
    (case.folder / MARKER).write_bytes(marker)
    with pytest.raises(CaseBroken) as wrong:
        open_case(case.folder)
    assert len(str(wrong.value).splitlines()) == 1


def test_a_flipped_bit_anywhere_in_the_committed_entries_is_noticed(case):
    entries = case.folder / "log/entries"
    honest = entries.read_bytes()
    for at in range(len(honest) * 8):
        forged = bytearray(honest)
        forged[at // 8] ^= 1 << at % 8
        entries.write_bytes(forged)
        with pytest.raises(CaseBroken):
            open_case(case.folder).log.lines()
    entries.write_bytes(honest)
    assert open_case(case.folder).log.lines() == LINES


def test_entries_that_were_cut_anywhere_are_noticed(case):
    entries = case.folder / "log/entries"
    honest = entries.read_bytes()
    for size in range(len(honest)):
        entries.write_bytes(honest[:size])
        with pytest.raises(CaseBroken, match="does not hold the 3 lines"):
            open_case(case.folder).log.lines()


def test_nothing_is_appended_to_entries_that_were_altered(case):
    entries = case.folder / "log/entries"
    forged = entries.read_bytes().replace(b"second", b"sec0nd")
    entries.write_bytes(forged)
    with pytest.raises(CaseBroken):
        case.log.append([b"next"])
    assert entries.read_bytes() == forged


def test_a_flipped_bit_anywhere_in_the_head_is_noticed(case):
    head = case.folder / "log/head"
    honest = head.read_bytes()
    for at in range(len(honest) * 8):
        forged = bytearray(honest)
        forged[at // 8] ^= 1 << at % 8
        head.write_bytes(forged)
        with pytest.raises(CaseBroken):
            open_case(case.folder).log.lines()


def test_entries_that_are_gone_are_noticed(case):
    (case.folder / "log/entries").unlink()
    with pytest.raises(CaseBroken, match="is gone"):
        open_case(case.folder).log.lines()


def test_a_head_that_is_gone_does_not_make_the_log_an_empty_one(case):
    # Found by this test: the log came up empty, and the next append wrote over every entry.
    (case.folder / "log/head").unlink()
    with pytest.raises(CaseBroken, match="is gone"):
        open_case(case.folder).log.lines()
    with pytest.raises(CaseBroken):
        open_case(case.folder).log.append([b"next"])
    assert (case.folder / "log/entries").read_bytes() == b"".join(line + b"\n" for line in LINES)


def test_the_log_of_another_case_is_not_taken_for_ours(case, tmp_path):
    other = make_case(tmp_path / "other", "other.invalid/log")
    other.log.append([b"their line"])
    for name in ("head", "entries"):
        (case.folder / "log" / name).write_bytes((other.folder / "log" / name).read_bytes())
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
    assert json.loads((case.folder / MARKER).read_bytes()) == {"format": 1, "origin": "test.invalid/log"}
