"""fsck: each kind of damage, planted once, is found by the check whose it is, and named."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from flipped import KEY, ORIGIN, POLICY, WITNESSES, pulled, reported, signed
from trucewatch.archive import commit, know
from trucewatch.base.ids import canonical, sha256
from trucewatch.copies import Copy, compare
from trucewatch.fsck import Asked, fsck
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import cosign, opened
from trucewatch.log.entry import Entry
from trucewatch.log.note import COSIGNED, Note, Signature, Signer
from trucewatch.log.policy import sole
from trucewatch.log.tiles import edge_of, grow, tiles_of
from trucewatch.ports import Tools
from trucewatch.signing import Rotation, sign
from trucewatch.stores.files import write_whole
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case, open_case
from trucewatch.testing import NOON, FakeClock
from trucewatch.withhold import withhold

PAGE = b"<p>a page</p>"
OTHER = Signer(ORIGIN, bytes(range(11, 43)))
STEPS = ["entries", "tiles", "bodies", "checkpoints", "times", "captures", "objects", "published", "leftovers"]


def filled(case, clock):
    """Five entries, signed; then a second capture and the report, signed again."""
    for first in (0, 2):
        with case.writing():
            commit(case, pulled(case, first), clock, "tests")
            if first:
                commit(case, [("run", reported(PAGE))], clock, "tests")
        signed(case, clock)
    case.publish({"report/report.html": PAGE})
    return case


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return filled(make_case(tmp_path_factory.mktemp("fsck") / "case", ORIGIN), FakeClock(step=timedelta(seconds=1)))


@pytest.fixture
def case(made, tmp_path):
    shutil.copytree(made.folder, tmp_path / "case")
    return open_case(tmp_path / "case")


def ails(case, policy=POLICY, **asked) -> tuple[str, str]:
    """The first check that does not hold -> its name and its words. Only a fault of the ground ends the checking."""
    found = fsck(case, policy, Asked(**asked))
    name, says = next((name, says) for name, well, says in found if not well)
    assert [name for name, _, _ in found] == (STEPS[: len(found)] if name in STEPS[:3] else STEPS)
    assert name not in STEPS[:3] or found[-1][0] == name
    assert len(says.splitlines()) == 1
    return name, says


def clean(case, policy=POLICY, **asked) -> dict[str, str]:
    found = fsck(case, policy, Asked(**asked))
    assert [(name, well) for name, well, _ in found] == [(name, True) for name in STEPS], found[-1]
    return {name: says for name, _, says in found}


def entry_of(case, kind: str) -> Entry:
    return next(entry for entry in know(case).entries if entry.kind == kind)


def rebuilt(case, lines: list[bytes], key=KEY) -> None:
    """The log with other lines: every tile, the head and the checkpoints are made anew, as by its operator."""
    shutil.rmtree(case.folder / "log")
    grown = grow(0, {}.__getitem__, lines)
    for path, raw in grown.files.items():
        write_whole(case.folder / "log" / path, raw)
    head = Head(ORIGIN, grown.size, grown.root)
    write_whole(case.folder / "log/head", head.encode())
    for name in ("checkpoint", f"checkpoints/{grown.size}"):
        write_whole(case.folder / "log" / name, checkpoint(head, key).encode())


def test_a_whole_case_is_clean_and_every_step_says_what_it_saw(case):
    says = clean(case)
    assert says["entries"] == f"6 in the files that the head of {ORIGIN} speaks of"
    assert says["checkpoints"] == "2 signed, up to 6 entries; witnesses of the latest: 2"
    assert says["captures"] == "2 open their commitments" and says["leftovers"] == "none"
    # Without the witnesses' keys nobody can say whether their lines hold; so that is said.
    lines = "2 signed, up to 6 entries; 6 lines are of keys that are not known here, and were not verified"
    assert clean(case, sole(KEY.vkey))["checkpoints"] == f"{lines}; witnesses of the latest: 0"
    assert "by keys that the log itself announces; 6 lines are of keys" in clean(case, None)["checkpoints"]


def test_an_empty_case_and_one_in_memory_are_clean(tmp_path):
    assert clean(make_case(tmp_path / "empty", ORIGIN), None)["checkpoints"] == "none was signed yet"
    assert ails(MemoryCase(), POLICY) == ("checkpoints", "no signed checkpoint: the policy is not met")
    assert clean(MemoryCase(), None)["entries"].startswith("0 in")


class TestTheLogsFiles:
    def test_entries_that_are_gone_cut_longer_or_other(self, case):
        path = case.folder / "log/tile/entries/000.p/6"
        honest = path.read_bytes()
        path.unlink()
        assert ails(case) == ("entries", "tile/entries/000.p/6 is gone")
        path.write_bytes(honest[:-1])
        assert ails(case) == ("entries", "tile/entries/000.p/6: entry 5 of the file breaks off")
        path.write_bytes(honest + honest[:2] + bytes(int.from_bytes(honest[:2], "big")))
        assert ails(case) == ("entries", "tile/entries/000.p/6: the file holds 7 entries, expected 6")
        path.write_bytes(honest.replace(b"agreement", b"judgement").replace(b"observations", b"observationz", 1))
        name, says = ails(case)
        assert name == "tiles" and says == "tile/0/000.p/6: hash 1 is not what the entries from 1 on make it"

    def test_two_entries_that_changed_places(self, case):
        lines = case.log.lines()
        grown = grow(0, {}.__getitem__, [lines[1], lines[0], *lines[2:]])
        (case.folder / "log/tile/entries/000.p/6").write_bytes(grown.files["tile/entries/000.p/6"])
        assert ails(case)[0] == "tiles"
        # With their hashes the root is another.
        (case.folder / "log/tile/0/000.p/6").write_bytes(grown.files["tile/0/000.p/6"])
        assert ails(case) == ("tiles", "the 6 entries do not lead to the root that the head speaks of")

    def test_a_tile_that_is_gone_short_or_other(self, case):
        path = case.folder / "log/tile/0/000.p/6"
        honest = path.read_bytes()
        path.unlink()
        assert ails(case) == ("tiles", "tile/0/000.p/6 is gone")
        path.write_bytes(honest[:-32])
        assert ails(case) == ("tiles", "tile/0/000.p/6 has 160 bytes, expected 6 hashes of 32")
        path.write_bytes(honest[:64] + bytes(32) + honest[96:])
        assert ails(case) == ("tiles", "tile/0/000.p/6: hash 2 is not what the entries from 2 on make it")

    def test_a_head_that_is_gone_spoilt_or_of_another_log(self, case):
        path = case.folder / "log/head"
        honest = path.read_bytes()
        path.unlink()
        assert ails(case)[1].endswith("log/head is gone, but the log's other files are there")
        path.write_bytes(b"")
        assert ails(case)[1].endswith("log/head: the head is not three lines: origin, size, root")
        path.write_bytes(honest.replace(b"thousand", b"another!"))
        assert ails(case)[1].endswith(f"is of the log 'example.org/another!', this case's log is '{ORIGIN}'")

    def test_a_head_that_speaks_of_any_number_costs_nothing(self, case):
        path = case.folder / "log/head"
        path.write_bytes(path.read_bytes().replace(b"\n6\n", b"\n%d\n" % (2**63 - 1)))
        assert ails(case) == ("entries", f"the head speaks of {2**63 - 1} entries; there are no files for so many")

    def test_a_folder_in_place_of_a_file_is_a_finding_not_a_traceback(self, case):
        path = case.folder / "log/tile/0/000.p/6"
        path.unlink()
        path.mkdir()
        name, says = ails(case)
        assert name == "tiles" and says.endswith("tile/0/000.p/6 cannot be read: Is a directory")


class TestSignedCheckpoints:
    @pytest.fixture
    def kept(self, case):
        return case.folder / "log/checkpoints/3", case.folder / "log/checkpoints/6", case.folder / "log/checkpoint"

    def test_one_that_is_not_signed_by_the_log(self, case, kept):
        head = case.log.head()
        forged = checkpoint(Head(ORIGIN, head.size, head.root), Signer(ORIGIN, bytes(32))).encode()
        kept[1].write_bytes(forged)
        assert ails(case) == ("checkpoints", "the checkpoint of 6: no known key of the log has signed it")
        kept[1].write_bytes(kept[2].read_bytes().replace(b"\n6\n", b"\n5\n"))
        assert ails(case) == ("checkpoints", f"the checkpoint of 6 is not of 6 entries of {ORIGIN}")

    def test_one_of_a_history_that_the_log_does_not_have(self, case, kept):
        other = [Entry("judgement", "0" * 64, know(case).entries[0].made_at, "x").encode()] * 3
        root = merkle.root([merkle.leaf(line) for line in other])
        kept[0].write_bytes(checkpoint(Head(ORIGIN, 3, root), KEY).encode())
        told = "the first 3 entries do not lead to the root that was signed: the history was changed"
        assert ails(case) == ("checkpoints", f"the checkpoint of 3: {told}")

    def test_one_of_more_entries_than_the_log_has(self, case, kept):
        (case.folder / "log/checkpoints/9").write_bytes(checkpoint(Head(ORIGIN, 9, bytes(32)), KEY).encode())
        assert ails(case) == ("checkpoints", "9 entries were signed, the log has 6: some are gone")

    def test_the_latest_is_the_largest_that_is_kept(self, case, kept):
        honest = kept[2].read_bytes()
        kept[2].write_bytes(kept[0].read_bytes())
        assert ails(case) == ("checkpoints", "the latest checkpoint is not the largest that was signed")
        kept[2].unlink()
        assert ails(case) == ("checkpoints", "the latest checkpoint is gone; 2 are kept under their sizes")
        note = Note.decode(honest)
        kept[2].write_bytes(Note(note.text, note.signatures[:2]).encode())
        assert ails(case) == ("checkpoints", "the latest checkpoint is not the one that is kept under its size")

    @pytest.mark.parametrize("left", ["gone", "fewer cosignatures"])
    def test_what_a_command_that_broke_off_leaves_is_said_and_is_clean(self, case, kept, left):
        note = Note.decode(kept[2].read_bytes())
        if left == "gone":
            kept[1].unlink()
        else:
            kept[1].write_bytes(Note(note.text, note.signatures[:2]).encode())
        assert "the latest is not yet kept under its size: an interrupted" in clean(case, sole(KEY.vkey))["checkpoints"]
        assert "the latest is not yet kept under its size" in clean(case)["checkpoints"]
        sign(case, KEY, FakeClock(NOON), "tests")
        assert "interrupted" not in clean(case)["checkpoints"]

    def test_a_line_that_was_a_witness_s_and_is_nobody_s_by_one_bit_is_seen_with_the_policy(self, case, kept):
        raw = kept[0].read_bytes()
        kept[0].write_bytes(raw.replace(b"witness.example/7", b"witness.example/6"))
        told = "the checkpoint of 3: a line is that of witness.example/7 but for its name or its key's id"
        assert ails(case) == ("checkpoints", told)
        at = raw.index(b"example/7 ") + len(b"example/7 ")
        kept[0].write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        assert ails(case) == ("checkpoints", told)
        # And without it that cannot be known; it is counted.
        assert "6 lines are of keys that are not known here" in clean(case, None)["checkpoints"]

    def test_a_new_key_of_a_witness_is_no_damage(self, case, kept):
        note = Note.decode(kept[0].read_bytes())
        new = Signer(WITNESSES[0].name, bytes([99]) * 32, COSIGNED)
        kept[0].write_bytes(Note(note.text, (note.signatures[0], cosign(note, new, 1_800_000_000))).encode())
        assert "1 lines are of keys that are not known here" in clean(case)["checkpoints"]

    def test_a_cosignature_that_does_not_hold_is_seen_in_every_one_that_is_kept(self, case, kept):
        # Found here: only the latest was held to the witnesses' keys.
        note = Note.decode(kept[0].read_bytes())
        spoilt = note.signatures[1].__class__(note.signatures[1].name, note.signatures[1].key_id, bytes(72))
        kept[0].write_bytes(Note(note.text, (note.signatures[0], spoilt)).encode())
        assert ails(case) == ("checkpoints", "the checkpoint of 3: the signature of witness.example/7 does not verify")

    def test_a_quorum_that_the_latest_does_not_meet(self, case, kept):
        for path in kept[1:]:
            note = Note.decode(path.read_bytes())
            path.write_bytes(Note(note.text, note.signatures[:2]).encode())
        name, says = ails(case)
        assert name == "checkpoints" and says.startswith("the quorum 'both' is not met: both has 1 of 2")

    def test_the_partial_files_of_a_signed_size_are_held_to_the_entries_where_they_lie(self, case):
        for tile in edge_of(3):
            path = case.folder / "log" / tile.path
            honest = path.read_bytes()
            path.write_bytes(honest[:-1] + bytes([honest[-1] ^ 1]))
            name, says = ails(case)
            assert name == "checkpoints" and says.startswith(tile.path)
            path.write_bytes(honest)
        (case.folder / "log" / edge_of(3)[0].path).unlink()
        clean(case)  # the fuller file says the same

    def test_an_announced_key_that_is_none(self, case):
        with case.writing():
            commit(case, [("key", b'{"vkey":"none"}')], FakeClock(), "tests")
        for policy in (None, POLICY):
            name, says = ails(case, policy)
            assert name == "bodies" and says.startswith("entry 6 (key) says something else than an entry of its kind: ")


class TestWhatIsHeldFromElsewhere:
    """A case in which nothing contradicts anything, and which is not what it was: a key, a time or a head tells."""

    @pytest.fixture
    def old(self, case):
        return case.log.checkpoint(3)

    def back(self, case, note):
        """Set back to three entries, and to what was signed of them."""
        lines = case.log.lines()[:3]
        rebuilt(case, lines)
        for name in ("checkpoint", "checkpoints/3"):
            write_whole(case.folder / "log" / name, note)
        (case.folder / "report/report.html").unlink()

    def test_all_signed_heads_removed_and_the_history_changed(self, case):
        # Found by a review: whoever took all that was signed away met every policy.
        rebuilt(case, [line for n, line in enumerate(case.log.lines()) if n not in (3, 4)])
        shutil.rmtree(case.folder / "log/checkpoints")
        (case.folder / "log/checkpoint").unlink()
        assert ails(case) == ("checkpoints", "no signed checkpoint: the policy is not met")
        assert clean(case, None)["checkpoints"] == "none was signed yet; nobody vouches for the 4 entries"

    def test_a_log_that_was_set_back_is_seen_by_a_time_and_by_a_kept_head(self, case, old, made):
        now, since = NOON + timedelta(days=1), NOON + timedelta(seconds=10)
        clean(case, now=now, since=NOON, kept=made.log.checkpoint())
        newest = made.log.checkpoint()
        self.back(case, old)
        clean(case, now=now)  # by itself it is as it once was
        name, says = ails(case, now=now, since=since)
        assert name == "checkpoints" and says.startswith("the quorum 'both' is not met since ")
        assert ails(case, kept=newest) == ("checkpoints", "6 entries were signed, the log has 3: some are gone")
        assert ails(case, None, kept=newest)[0] == "checkpoints"

    def test_a_kept_head_is_one_of_this_log_and_its_history(self, case, old):
        told = "it extends the checkpoint that was kept, of 3 entries"
        assert told in clean(case, kept=old)["checkpoints"] and told in clean(case, None, kept=old)["checkpoints"]
        forged = checkpoint(Head(ORIGIN, 3, bytes(32)), KEY).encode()
        assert "the history was changed" in ails(case, kept=forged)[1]
        assert "no known key of the log" in ails(case, kept=checkpoint(Head(ORIGIN, 3, bytes(32)), OTHER).encode())[1]
        assert ails(case, kept=b"no note")[0] == "checkpoints"

    def test_a_cosignature_of_the_year_2100(self, case):
        at = case.folder / "log/checkpoint"
        note = Note.decode(at.read_bytes())
        late = Note(note.text, (note.signatures[0], *(cosign(note, one, 4_102_444_800) for one in WITNESSES))).encode()
        for name in ("checkpoint", "checkpoints/6"):
            write_whole(case.folder / "log" / name, late)
        name, says = ails(case, now=NOON)
        assert name == "checkpoints" and says == "witness 0 signed at 2100-01-01 00:00 UTC, which is still to come"

    def test_entries_behind_the_signed_head_are_told(self, case):
        assert "behind" not in clean(case)["checkpoints"]
        with case.writing():
            commit(case, pulled(case, 30), FakeClock(), "tests")
        told = "2 entries behind the signed head are vouched for by nobody yet"
        assert told in clean(case)["checkpoints"] and told in clean(case, None)["checkpoints"]

    def test_lines_of_unknown_keys_that_share_a_name_or_an_id_are_passed_over(self, case):
        # As signed-note has it. Found by a review: they were called a fault.
        at = case.folder / "log/checkpoint"
        note, ours = Note.decode(at.read_bytes()), WITNESSES[0].vkey
        strangers = [Signature("mirror.example/x", ours.key_id, b"z" * 72), Signature(ours.name, b"abcd", b"z" * 72)]
        same = next(line for line in note.signatures if ours.named_by(line))
        strangers.append(Signature("mirror.example/same-key", b"efgh", same.made))
        more = Note(note.text, (*note.signatures, *strangers)).encode()
        for name in ("checkpoint", "checkpoints/6"):
            write_whole(case.folder / "log" / name, more)
        assert (
            "6 lines are of keys that are not known here" in clean(case)["checkpoints"]
        )  # three in each of two places


class TestKeysThatFollowEachOther:
    new = Signer(ORIGIN, bytes(range(9, 41)))

    def enter(self, case, **said):
        with case.writing():
            commit(case, [("key", canonical({"vkey": self.new.vkey.encode(), **said}))], FakeClock(), "tests")

    def test_one_that_was_handed_over_and_one_that_was_not(self, case):
        sign(case, self.new, FakeClock(), "tests", Rotation("a yearly change", KEY))
        assert "hand over" not in clean(case, None)["checkpoints"]
        sign(case, OTHER, FakeClock(), "tests", Rotation("it was lost", None))
        told = "the old key did not hand over to that of entry 7: only a policy can vouch for it"
        assert told in clean(case, None)["checkpoints"]

    def test_one_that_was_put_in_by_somebody_without_the_old_key(self, case):
        self.enter(case)
        assert ails(case, None) == ("checkpoints", "entry 6 announces a key that the one before did not hand over")
        assert ails(case)[0] == "checkpoints"  # nor does the policy name it
        clean(case, replace(POLICY, logs=(KEY.vkey, self.new.vkey)))

    def test_one_with_a_signature_that_does_not_hold_is_a_fault_whatever_the_policy(self, case):
        self.enter(case, why="x", by=f"{ORIGIN}+{KEY.vkey.key_id.hex()}", signature="AAAA")
        for policy in (None, POLICY, replace(POLICY, logs=(KEY.vkey, self.new.vkey))):
            told = "entry 6 announces a key, and the old key's signature over it does not hold"
            assert ails(case, policy) == ("checkpoints", told)


class TestFinishedFiles:
    @pytest.fixture
    def other(self, case):
        """A page for few lies in its place, and entry 7 knows it."""
        page = b"<p>for few</p>"
        body = {**json.loads(reported(page)), "level": "restricted"}
        with case.writing():
            commit(case, [("run", canonical(body))], FakeClock(), "tests")
        case.publish({"report/restricted/report.html": page})
        return page

    def test_a_restricted_file_in_the_public_place_is_a_fault(self, case, other):
        clean(case)
        case.publish({"report/report.html": other})
        told = "a restricted file lies where the public one belongs; it was made by entry 6"
        assert ails(case) == ("published", f"report/report.html: {told}")
        case.publish({"report/report.html": PAGE, "report/restricted/report.html": PAGE})
        told = "a file of level public lies where it does not belong; it was made by entry 5"
        assert ails(case) == ("published", f"report/restricted/report.html: {told}")

    def test_an_older_one_in_the_place_of_the_newest_is_told(self, case, other):
        with case.writing():
            commit(case, [("run", reported(b"<p>newer</p>"))], FakeClock(), "tests")
        told = "2 finished files are as they were made; report/report.html is of entry 5, superseded by entry 7"
        assert clean(case)["published"] == told
        case.publish({"report/report.html": b"<p>newer</p>"})
        assert clean(case)["published"] == "2 finished files are as they were made"


class TestTheFormOfBodies:
    @pytest.mark.parametrize(
        ("kind", "body", "what"),
        [
            ("custody", {"act": "eaten", "captures": [], "by": None, "to": None, "why": None}, "an act of custody"),
            ("timestamp", {"authority": "x", "checkpoint": "y", "token": "?"}, "(1) the entry's body is not authority"),
            ("timestamp", {"authority": 1}, "(1) the entry's body is not authority"),
            ("key", {"vkey": "none"}, "a verifier key is name+id+key"),
            ("key", {"vkey": 7}, "a field of it is no text"),
            ("key", {"vkey": None}, "a verifier key is name+id+key"),
            ("key", {}, "a verifier key is name+id+key"),
            ("key", {"vkey": KEY.vkey.encode(), "signature": {}}, "a field of it is no text"),
            ("key", ["no"], "it is no JSON object"),
        ],
    )  # fmt: skip
    def test_an_entry_that_says_something_else_is_named(self, case, kind, body, what):
        with case.writing():
            commit(case, [(kind, json.dumps(body).encode())], FakeClock(), "tests")
        name, says = ails(case)
        assert name == "bodies"
        assert says.startswith(f"entry 6 ({kind}) says something else than an entry of its kind: {what}")

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("custody", {"act": "read", "captures": "all", "by": None, "to": None, "why": None}),
            ("custody", {"act": "read", "captures": [], "by": 7, "to": None, "why": None}),
            ("custody", {"act": "read", "captures": [], "by": "\ud800", "to": None, "why": None}),
            ("withheld", {"capture": "0" * 64, "by": "x", "why": "y", "objects": "abc"}),
            ("attachment", {"agreement": "a", "term": "b", "capture": "0" * 64, "lines": 7}),
            ("run", {"room": "fuse", "inputs": {}, "outputs": ["x"]}),
        ],
    )
    def test_and_so_is_one_of_those_that_the_case_is_read_by(self, case, kind, body):
        with case.writing():
            commit(case, [(kind, json.dumps(body).encode())], FakeClock(), "tests")
        assert ails(case) == ("bodies", f"the body of entry 6 ({kind}) cannot be understood")

    def test_a_kind_that_nobody_here_has_heard_of_is_passed_over(self, case):
        with case.writing():
            commit(case, [("later", b'{"says":"anything"}')], FakeClock(), "tests")
        clean(case)


class TestBodiesCapturesAndObjects:
    def test_a_body_that_is_gone_changed_or_not_to_be_understood(self, case):
        path = case.objects.path(entry_of(case, "capture").body_hash)
        honest = path.read_bytes()
        path.unlink()
        assert ails(case) == ("bodies", "entry 0 (capture) has no body in the case")
        path.write_bytes(honest + b" ")
        assert ails(case)[1].endswith("does not hold the bytes it is named after")

    @pytest.mark.parametrize("kind", ["capture", "observations", "run", "withheld", "attachment", "agreement"])
    @pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b"null", b'{"id":7}', b"[" * 100_000])
    def test_an_entry_whose_body_says_nothing_is_a_finding_not_a_traceback(self, case, kind, body):
        with case.writing():
            commit(case, [(kind, body)], FakeClock(), "tests")
        name, says = ails(case)
        assert name == "bodies"
        assert any(told in says for told in ("cannot be understood", "no id that can be read", "says something else"))

    def test_a_line_that_is_no_entry(self, case):
        with case.writing():
            case.log.append([b'{"kind":"judgement"}'])
        assert ails(case)[1].startswith("the log holds a line that is no entry: the line has not exactly the text")

    def test_captured_bytes_or_a_salt_that_are_gone_or_changed(self, case):
        capture = next(iter(know(case).captures))
        path = case.vault.path(capture)
        for at in (path, path.with_name(path.name + ".salt")):
            honest = at.read_bytes()
            at.write_bytes(honest[:-1] + b"?")
            name, says = ails(case)
            assert name == "captures" and "are not what was captured" in says
            at.unlink()
            told = f"the bytes of capture {capture[:12]} are gone, and no entry says that they were withheld"
            assert ails(case) == ("captures", told)
            at.write_bytes(honest)

    def test_a_capture_whose_entry_speaks_of_another_length(self, case):
        (kind, body), _ = pulled(case, 9)
        with case.writing():
            commit(case, [(kind, canonical({**json.loads(body), "size": 1}))], FakeClock(), "tests")
        name, says = ails(case)
        assert name == "captures" and says.endswith("that it has 1 bytes, there are 22")

    def test_a_batch_that_is_gone_or_changed(self, case):
        sha = next(iter(know(case).reads.values()))["observations"]
        path = case.objects.path(sha)
        path.write_bytes(b"PAR1")
        assert ails(case)[0] == "objects"
        path.unlink()
        told = f"the batch or result {sha[:12]} is gone, and no entry says that it was withheld"
        assert ails(case) == ("objects", told)

    def test_a_finished_file_that_was_changed_or_put_there(self, case):
        (case.folder / "report/report.html").write_bytes(PAGE + b" ")
        told = "is no file that the log says was made: it was changed, or made elsewhere"
        assert ails(case) == ("published", f"report/report.html {told}")
        (case.folder / "report/report.html").unlink()
        assert clean(case)["published"] == "no finished files"

    def test_leftovers_of_an_interrupted_command_are_counted_and_harmless(self, case):
        case.objects.put(b"left behind")
        case.vault.put(sha256(b"x"), bytes(32), b"whatever")
        write_whole(case.folder / "log/tile/0/000.p/7", bytes(7 * 32))
        assert clean(case)["leftovers"] == "3 files belong to nothing: left by an interrupted command, harmless"


class TestWithholding:
    def by(self):
        return Tools(FakeClock(), lambda: bytes(32), "tests", by="the bench")

    def test_what_is_withheld_is_told_and_is_no_damage(self, case):
        capture = next(iter(know(case).captures))
        withhold(case, capture, "it names a witness", self.by())
        says = clean(case)
        assert says["captures"] == "1 open their commitments; 1 more are withheld, each by an entry"
        assert says["objects"] == "1 batches and results hold what the log commits to; 1 more are withheld"

    def test_withholding_that_was_broken_off_is_found(self, case, made):
        capture = next(iter(know(case).captures))
        withhold(case, capture, "it names a witness", self.by())
        case.vault.put(capture, *made.vault.get(capture))
        name, says = ails(case)
        assert name == "leftovers" and "still lying here: its bytes; finish with: trucewatch withhold" in says

    def test_withholding_what_was_not_made_of_the_capture_is_found(self, case):
        # Found here: an entry could withhold any batch, and fsck was content.
        one, two = know(case).captures
        other = know(case).reads[two]["observations"]
        body = {"capture": one, "by": "x", "why": "y", "objects": [*know(case).reads[one].values(), other]}
        with case.writing():
            commit(case, [("withheld", canonical(body))], FakeClock(), "tests")
        case.vault.drop(one)
        for name in body["objects"]:
            case.objects.drop(name)
        name, says = ails(case)
        assert name == "leftovers" and says == f"entry 6 withholds 1 objects that were not made of capture {one[:12]}"


class TestAHistoryRewrittenAsAWhole:
    """Nothing in a case can tell that all of it was made anew; keys and checkpoints that others hold can."""

    @pytest.fixture
    def rewritten(self, case):
        """The second capture never was: the operator has removed it and signed the rest with a new key, and announced
        that key."""
        new = Signer(ORIGIN, bytes(range(5, 37)))
        entries = know(case).entries
        body = case.objects.put(canonical({"vkey": new.vkey.encode()}))
        first = [entry for n, entry in enumerate(entries) if n < 2]
        rebuilt(case, [*(e.encode() for e in first), Entry("key", body, entries[2].made_at, "tests").encode()], new)
        (case.folder / "report/report.html").unlink()
        return case

    def test_fsck_without_a_key_from_elsewhere_is_clean(self, rewritten):
        assert "by keys that the log itself announces" in clean(rewritten, None)["checkpoints"]

    def test_fsck_with_the_key_that_was_given_out_before_is_not(self, rewritten):
        assert ails(rewritten) == ("checkpoints", "the checkpoint of 3: no known key of the log has signed it")

    def test_an_older_checkpoint_is_not_of_that_history(self, rewritten, made):
        log, mine = rewritten.log, made.log.checkpoint(3)
        ours = Copy("theirs", Head(ORIGIN, 3, log.head().root), (), log.file, 3)
        found = compare(ours, Copy("mine", opened(mine, [KEY.vkey]), (mine,)), [KEY.vkey])
        assert found.one_history is False

    def test_with_the_true_key_a_rewritten_history_is_clean_and_only_another_copy_knows_better(self, case, made):
        entries = [line for n, line in enumerate(case.log.lines()) if n not in (3, 4)]
        rebuilt(case, entries)
        clean(case, sole(KEY.vkey))
        log = case.log
        theirs = Copy("theirs", Head(ORIGIN, 4, log.head().root), (log.checkpoint(),), log.file, 4)
        mine = Copy("mine", opened(made.log.checkpoint(), [KEY.vkey]), (made.log.checkpoint(),), made.log.file, 6)
        found = compare(theirs, mine, [KEY.vkey])
        assert found.one_history is False and found.split is not None


def test_a_log_that_grows_while_it_is_read_is_read_again(case, monkeypatch):
    # Whoever reads takes no lock: a file that he was about to read is outgrown, and taken away.
    real, looks = type(case.log).file, []

    def file(self, path):
        looks.append(path)
        if len(looks) == 2:
            with case.writing():
                commit(case, pulled(case, 20), FakeClock(), "tests")
            (case.folder / "log" / path).unlink()
        return real(self, path)

    monkeypatch.setattr(type(case.log), "file", file)
    clean(open_case(case.folder), sole(KEY.vkey))


def test_the_files_of_a_log_are_all_looked_at(case, monkeypatch):
    real, looks = type(case.log).file, set()
    monkeypatch.setattr(type(case.log), "file", lambda self, path: (looks.add(path), real(self, path))[1])
    clean(case)
    assert looks == {tile.path for size in (3, 6) for tile in tiles_of(size)} == set(case.log.files())


class TestFoundOnTrial:
    def test_a_log_that_is_gone_is_not_a_log_that_is_empty(self, case):
        # Found on trial: with log/ removed everything was called well, and all that lay there harmless.
        shutil.rmtree(case.folder / "log")
        shutil.rmtree(case.folder / "report", ignore_errors=True)
        name, says = ails(open_case(case.folder), None)
        assert name == "leftovers" and "the log was taken away" in says

    def test_a_fault_in_the_heads_hides_no_fault_in_the_vault(self, case):
        capture = next(iter(case.vault.ids()))
        case.vault.path(capture).unlink()
        (case.folder / "log/checkpoint").write_bytes(b"torn")
        faults = {name for name, well, _ in fsck(open_case(case.folder), POLICY) if not well}
        assert {"checkpoints", "captures"} <= faults

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_a_pipe_in_place_of_captured_bytes_is_not_waited_for(self, case):
        path = case.vault.path(next(iter(case.vault.ids())))
        path.unlink()
        os.mkfifo(path)
        name, says = ails(open_case(case.folder))
        assert name == "captures" and says.endswith("is no file")
