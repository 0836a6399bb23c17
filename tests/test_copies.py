"""Two copies of one log: one history or two; and where the log signed both, a proof that a third can check."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trucewatch.archive import commit
from trucewatch.base.errors import InputError, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.cli import main
from trucewatch.copies import Copy, compare, first_difference
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import Note, Signature, Signer
from trucewatch.log.split import Split, find, verify_split
from trucewatch.signing import Rotation, sign
from trucewatch.stores.posix import make_case
from trucewatch.testing import FakeClock

ORIGIN = "example.org/copied"
KEY, OTHER = Signer(ORIGIN, bytes(range(32))), Signer(ORIGIN, bytes(range(1, 33)))
SAME = [f"entry {n}" for n in range(4)]


def case_of(folder: Path, said: list[str], sign_at: tuple[int, ...] = (), key=KEY):
    """A log of the key's entry and these, signed where it has that many entries."""
    case, clock = make_case(folder, ORIGIN), FakeClock()
    sign(case, key, clock, "tests")
    for n, word in enumerate(said, 2):
        with case.writing():
            commit(case, [("remark", canonical({"says": word}))], clock, "tests")
        if n in sign_at:
            sign(case, key, clock, "tests")
    return case


def copy_of(case, files: bool = True) -> Copy:
    head, log = case.log.head(), case.log
    raws = tuple(log.checkpoint(size) for size in log.checkpoints())
    held = {"files": log.file, "size": head.size} if files else {}
    return Copy(case.folder.name, Head(head.origin, head.size, head.root), raws, **held)


def only(case, size: int, name: str = "paper") -> Copy:
    """Only the checkpoint of that size."""
    raw = case.log.checkpoint(size)
    return Copy(name, Head.decode(Note.decode(raw).text), (raw,))


@pytest.fixture
def one(tmp_path):
    return case_of(tmp_path / "one", [*SAME, "a", "b"], (3, 7))


@pytest.fixture
def fork(tmp_path):
    """The same up to its fifth entry, then another history; signed, too."""
    return case_of(tmp_path / "fork", [*SAME, "A"], (3, 6))


@pytest.fixture
def quiet(tmp_path):
    """The fork, but nothing of it was signed after they parted."""
    return case_of(tmp_path / "quiet", [*SAME, "A"], (3,))


def both(left: Copy, right: Copy, keys=(KEY.vkey,)):
    """What is found must not hang on the order."""
    found, turned = compare(left, right, keys), compare(right, left, keys)
    assert found.one_history is turned.one_history
    assert (found.split and found.split.encode()) == (turned.split and turned.split.encode())
    return found


class TestOneHistory:
    def test_a_copy_and_itself(self, one):
        assert both(copy_of(one), copy_of(one)).says == "one and one are the same 7 entries"

    def test_an_older_copy_an_older_checkpoint_and_the_first(self, one, tmp_path):
        older = case_of(tmp_path / "older", SAME, (3,))
        assert both(copy_of(one), copy_of(older)).says == "one (7) extends older (5)"
        assert both(copy_of(one), only(one, 3)).says == "one (7) extends paper (3)"
        assert both(copy_of(one), only(one, 7)).one_history is True
        assert both(copy_of(one), copy_of(older), ()).one_history is True

    def test_an_empty_copy(self, one, tmp_path):
        assert both(copy_of(one), copy_of(make_case(tmp_path / "empty", ORIGIN))).says == "empty is empty"


class TestTwoHistories:
    def test_signed_both_that_is_a_split_view_and_its_proof_needs_neither_copy(self, one, fork):
        found = both(copy_of(one), copy_of(fork))
        assert found.says == f"split view: {ORIGIN} signed two histories, at sizes 6 and 7"
        older, newer = verify_split(found.split.encode(), [KEY.vkey])
        assert (older.size, newer.size) == (6, 7) and older.root == fork.log.head().root

    def test_one_copy_s_checkpoint_alone_is_enough(self, one, fork):
        assert both(copy_of(one), only(fork, 6)).split is not None

    def test_two_checkpoints_of_one_size_need_no_files_at_all(self, one, tmp_path):
        other = case_of(tmp_path / "other", [*SAME, "A", "B"], (7,))
        found = both(only(one, 7), only(other, 7))
        assert found.split is not None and verify_split(found.split.encode(), [KEY.vkey])

    def test_two_checkpoints_of_two_sizes_and_no_files_cannot_be_told(self, one, fork):
        found = both(only(one, 7), only(fork, 6))
        assert found.one_history is None and found.says.startswith("cannot tell: it takes the files of the larger copy")

    def test_not_both_signed_that_is_a_difference_but_no_proof(self, one, quiet):
        found = both(copy_of(one), copy_of(quiet))
        assert found.one_history is False and found.split is None
        assert "one (7)" in found.says and "quiet (6)" in found.says and "they part at entry 5: " in found.says

    def test_signed_by_a_key_that_is_not_the_log_s_that_is_no_proof_against_the_log(self, one, tmp_path):
        other = case_of(tmp_path / "other", [*SAME, "A"], (6,), OTHER)
        found = compare(copy_of(one), copy_of(other), [KEY.vkey])
        assert found.one_history is False and found.split is None
        assert found.left_out == (
            "signed by no key that is known here, and left out: other's checkpoints of size 1, 6",
        )

    def test_a_known_key_s_line_that_does_not_hold_stops_it_unless_the_rest_is_a_proof(self, one, fork):
        note = Note.decode(one.log.checkpoint(7))
        bad = Note(note.text, (Signature(ORIGIN, KEY.vkey.key_id, bytes(64)),)).encode()
        spoilt = Copy("spoilt", Head.decode(note.text), (bad,))
        with pytest.raises(VerificationError, match=r"\(2\) a checkpoint of spoilt: the signature of"):
            compare(copy_of(one), spoilt, [KEY.vkey])
        held = copy_of(fork)
        more = Copy("fork", held.head, (*held.checkpoints, bad), held.files, held.size)
        assert compare(copy_of(one), more, [KEY.vkey]).split is not None

    def test_without_keys_they_are_compared_by_their_heads(self, one, fork):
        found = both(copy_of(one), copy_of(fork), ())
        assert found.one_history is False and found.split is None


class TestWhatCannotBeCompared:
    def test_two_logs(self, one):
        other = Copy("other", Head("example.org/elsewhere", 1, bytes(32)))
        with pytest.raises(InputError, match=r"one is of the log example\.org/copied, other of example\.org/elsewhere"):
            compare(copy_of(one), other, ())

    def test_a_copy_whose_tiles_are_gone_or_cut(self, one, fork):
        path = one.folder / "log/tile/0/000.p/7"
        honest = path.read_bytes()
        path.unlink()
        # Found here: a traceback.
        with pytest.raises(InputError, match=r"one: tile/0/000\.p/7 is gone; expected every hash of the log"):
            compare(copy_of(one), copy_of(fork), [KEY.vkey])
        path.write_bytes(honest[:-1])
        with pytest.raises(InputError, match="has 223 bytes, expected 7 hashes"):
            compare(copy_of(one), copy_of(fork), [KEY.vkey])

    def test_a_copy_whose_files_are_not_those_of_its_head(self, one):
        path = one.folder / "log/tile/0/000.p/7"
        path.write_bytes(bytes(32) + path.read_bytes()[32:])
        # Found here: a copy was the same as another as soon as its head was.
        for other in (copy_of(one, files=False), only(one, 3), copy_of(one)):
            with pytest.raises(VerificationError, match=r"\(3\) the files of one do not lead to its own head"):
                compare(copy_of(one), other, ())

    def test_entries_that_are_not_at_hand_hide_no_difference(self, one, quiet):
        # Found here: hashes without entries, as in a public bundle, ended in an error in place of the answer.
        (quiet.folder / "log/tile/entries/000.p/6").unlink()
        found = both(copy_of(one), copy_of(quiet))
        assert found.one_history is False and "two histories" in found.says and "part at" not in found.says

    def test_what_others_wrote_into_their_entries_does_not_reach_the_terminal(self, one, tmp_path):
        other = make_case(tmp_path / "other", ORIGIN)
        with other.writing():
            other.log.append([b"\x1b[2J" + b"x" * 5000])
        told = first_difference(copy_of(one), copy_of(other))
        assert "\x1b" not in told and "?[2Jxxx" in told and len(told) < 800


class TestTilesThatContradictEachOther:
    """Copies of more than one tile, in which the tiles of one level lie about those of another."""

    @pytest.fixture
    def mirrors(self, tmp_path):
        """Two histories of one log that part at entry 256, of 300 and of 600 entries, as folders of its files."""
        for name, size, tag in (("x", 300, b"a"), ("y", 600, b"b")):
            lines = [b"%d" % n + (tag if n >= 256 else b"") for n in range(size)]
            grown = tiles.grow(0, {}.__getitem__, lines)
            for path, raw in grown.files.items():
                (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name / path).write_bytes(raw)
            head = Head(ORIGIN, size, grown.root)
            (tmp_path / name / "checkpoint").write_bytes(checkpoint(head, KEY).encode())
            (tmp_path / f"{name}.lines").write_bytes(b"\n".join(lines))
        return tmp_path

    def compared(self, *words) -> tuple[int, str]:
        asked = ["log", "consistency", *map(str, words), "--key", KEY.vkey.encode()]
        result = CliRunner().invoke(main, asked, prog_name="trucewatch")
        return result.exit_code, result.stdout + result.stderr

    def test_one_tile_that_was_replaced_hides_no_split(self, mirrors):
        # Found in review: with one tile of the one history inside the other, two histories were one.
        x, y = mirrors / "x", mirrors / "y"
        assert self.compared(x, y)[0] == 1 and "split view" in self.compared(x, y)[1]
        lines = [(mirrors / f"{name}.lines").read_bytes().split(b"\n") for name in "xy"]
        mixed = [merkle.leaf(line) for line in (*lines[0][256:300], *lines[1][300:512])]
        (y / "tile/0/001").write_bytes(b"".join(mixed))
        for one in (x, x / "checkpoint"):
            for pair in ((one, y), (y, one)):
                status, said = self.compared(*pair)
                assert status == 2 and f"(3) the files of {y} contradict each other" in said

    def test_one_bit_accuses_no_honest_log(self, mirrors):
        # Found in review: a "proof" was printed that did not verify.
        y, old, out = mirrors / "y", mirrors / "old", mirrors / "proof"
        lines = (mirrors / "y.lines").read_bytes().split(b"\n")
        root = merkle.root([merkle.leaf(line) for line in lines[:300]])
        old.write_bytes(checkpoint(Head(ORIGIN, 300, root), KEY).encode())
        assert self.compared(old, y) == (0, f"{y} (600) extends {old} (300)\n")
        path = y / "tile/0/001"
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
        status, said = self.compared(old, y, "--out", out)
        assert status == 2 and "contradict each other" in said and not out.exists()

    def test_a_spoiled_copy_does_not_hide_what_the_sound_one_proves(self, mirrors):
        x, y = mirrors / "x", mirrors / "y"
        path = x / "tile/0/001.p/44"
        path.write_bytes(bytes(32) + path.read_bytes()[32:])
        assert self.compared(x, y)[0] == 1 and "split view" in self.compared(x, y)[1]

    def test_no_tree_that_contradicts_itself_makes_a_proof(self, mirrors):
        y = mirrors / "y"
        newer = (y / "checkpoint").read_bytes()
        older = checkpoint(Head(ORIGIN, 300, bytes(32)), KEY).encode()
        path = y / "tile/0/001"
        path.write_bytes(bytes(32) + path.read_bytes()[32:])
        tree = tiles.subtrees(600, lambda name: (y / name).read_bytes())
        with pytest.raises(VerificationError, match="the entries at hand contradict each other"):
            find(older, newer, [KEY.vkey], {newer: tree})


class TestForgedProofs:
    @pytest.fixture
    def proof(self, one, fork) -> Split:
        return compare(copy_of(one), copy_of(fork), [KEY.vkey]).split

    def forged(self, proof: Split, **more) -> str:
        raw = Split(**{"older": proof.older, "newer": proof.newer, "root": proof.root, "way": proof.way, **more})
        with pytest.raises(VerificationError) as wrong:
            verify_split(raw.encode(), [KEY.vkey])
        return str(wrong.value)

    def test_each_step_refuses_its_own(self, proof, one, fork):
        text, lines = proof.newer.split(b"\n\n")
        assert self.forged(proof, newer=text + b"x\n\n" + lines).startswith("(2) the newer checkpoint: ")
        assert self.forged(proof, older=proof.older.replace(b"\n6\n", b"\n5\n")).startswith(
            "(2) the older checkpoint: "
        )
        assert self.forged(proof, root=bytes(32)).startswith("(3) ")
        assert self.forged(proof, way=proof.way[:-1]).startswith("(3) ")
        assert self.forged(proof, way=(*proof.way, bytes(32))).startswith("(3) ")
        assert self.forged(proof, older=proof.newer, newer=proof.older).startswith("(3) ")
        # An honest log: its own older checkpoint, with the proof that it is extended.
        honest = one.log.checkpoint(3)
        found = compare(copy_of(one), only(one, 3), [KEY.vkey])
        assert found.split is None
        assert self.forged(proof, older=honest).startswith("(3) ")
        with pytest.raises(VerificationError, match="no known key"):
            verify_split(proof.encode(), [OTHER.vkey])

    def test_one_checkpoint_twice_is_no_split(self, proof):
        newer = Head.decode(Note.decode(proof.newer).text)
        told = self.forged(proof, older=proof.newer, root=newer.root, way=())
        assert told == "(4) the newer checkpoint extends the older one: there is no split view here"

    def test_no_bit_of_a_proof_is_free(self, proof):
        raw = proof.encode()
        for bit in range(len(raw) * 8):
            with pytest.raises(VerificationError):
                verify_split(raw[: bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1 :], [KEY.vkey])


class TestTheCommand:
    def run(self, status: int, *words):
        result = CliRunner().invoke(main, ["log", "consistency", *map(str, words)], prog_name="trucewatch")
        assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
        assert "Traceback" not in result.stderr and len(result.stderr.splitlines()) <= 1
        return result.stdout + result.stderr

    def test_a_split_view_is_printed_written_and_checked_by_a_third_who_has_neither_copy(self, one, fork, tmp_path):
        key = ["--key", KEY.vkey.encode()]
        out = tmp_path / "split.json"
        said = self.run(1, one.folder, fork.folder, *key, "--out", out)
        assert "split view" in said and f"proof: {out}" in said
        for folder in (one.folder, fork.folder):
            (folder / "trucewatch.json").unlink()
        said = self.run(0, "--check", out, *key)
        assert said.startswith(f"verified: the log {ORIGIN} signed two histories, of 6 and of 7 entries")
        told = json.loads(self.run(0, "--check", out, *key, "--json"))
        assert told["split_view"] is True and told["older"][0] == 6
        policy = tmp_path / "policy"
        policy.write_text(f"log {KEY.vkey.encode()}\nquorum none\n")
        self.run(0, "--check", out, "--trust", policy)
        self.run(1, "--check", out, "--key", OTHER.vkey.encode())
        assert "whose signatures?" in self.run(2, "--check", out)
        out.write_text("{}")
        assert "not of the form" in self.run(2, "--check", out, *key)
        assert "no such file" in self.run(2, "--check", tmp_path / "none", *key)
        assert "is a folder" in self.run(2, "--check", tmp_path, *key)

    def test_without_a_key_it_says_that_the_copies_are_their_own_witnesses(self, one, fork):
        said = self.run(1, one.folder, fork.folder)
        assert "split view" in said and "hold it against one that you were given" in said
        assert json.loads(self.run(1, one.folder, fork.folder, "--json"))["one_history"] is False

    def test_a_copy_that_announces_a_key_of_its_own_makes_no_proof_against_the_log(self, one, tmp_path):
        # Found here: only the first copy's word was taken for the keys.
        other = case_of(tmp_path / "other", [*SAME, "A"], (6,), OTHER)
        for pair in ((one, other), (other, one)):
            said = self.run(1, *(case.folder for case in pair))
            assert "this is no proof to others" in said and "split view" not in said

    def test_a_key_that_was_replaced_makes_no_second_history(self, one, tmp_path):
        # Found in review: an honest log that had changed its key was exit status 1, as if it were two histories.
        older = tmp_path / "older"
        shutil.copytree(one.folder, older)
        sign(one, OTHER, FakeClock(), "tests", rotate=Rotation("the old one retired", KEY))
        for key, size in ((KEY, 8), (OTHER, 7)):
            said = self.run(0, older, one.folder, "--key", key.vkey.encode())
            assert "extends" in said and "signed by no key that is known here" in said and str(size) in said
        said = self.run(0, older, one.folder)
        assert "extends" in said and "no key that is known" not in said

    def test_keys_count_along_the_copy_that_extends_the_other(self, one, tmp_path):
        older = tmp_path / "older"
        shutil.copytree(one.folder, older)
        sign(one, OTHER, FakeClock(), "tests", rotate=Rotation("the old one retired", KEY))
        # Somebody was shown another history by the new key, and kept its checkpoint beside his old copy.
        (older / "log/checkpoints/8").write_bytes(checkpoint(Head(ORIGIN, 8, bytes(32)), OTHER).encode())
        assert "split view" in self.run(1, older, one.folder)

    def test_a_case_that_others_go_on_writing_is_compared(self, one, tmp_path):
        paper = tmp_path / "paper"
        paper.write_bytes(one.log.checkpoint(7))
        real, busy, line = type(one.log).file, [], one.log.lines()[-1]
        one.log.append([line])  # a size that nobody signed

        def file(log, path):
            if not busy and log.head().size < 12 and "entries" not in path:
                busy.append(True)
                one.log.append([line])
                busy.clear()
            return real(log, path)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(one.log), "file", file)
            assert "extends" in self.run(0, one.folder, paper)

    def test_two_histories_of_which_one_was_not_signed_are_told_without_a_proof(self, one, quiet):
        assert "this is no proof to others" in self.run(1, one.folder, quiet.folder, "--key", KEY.vkey.encode())

    def test_a_mirror_a_checkpoint_and_a_case_are_compared_with_one_another(self, one, tmp_path):
        mirror = one.folder / "log"
        paper = tmp_path / "paper"
        paper.write_bytes(one.log.checkpoint(3))
        with one.writing():
            commit(one, [("remark", b"{}")], FakeClock(), "tests")
        key = ["--key", KEY.vkey.encode()]
        assert "extends" in self.run(0, one.folder, mirror, *key)
        assert "extends" in self.run(0, paper, mirror, *key)
        assert "extends" in self.run(0, paper, mirror)
        assert "the same 3 entries" in self.run(0, paper, paper)
        assert json.loads(self.run(0, paper, mirror, "--json"))["one_history"] is True

    def test_a_mirror_keeps_only_the_full_file_where_the_partial_one_was_outgrown(self, tmp_path):
        case = case_of(tmp_path / "big", [f"{n}" for n in range(258)], (100, 259))
        mirror = tmp_path / "mirror"
        for path in ("tile/0/000", "tile/0/001.p/3", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/3"):
            (mirror / path).parent.mkdir(parents=True, exist_ok=True)
            (mirror / path).write_bytes(case.log.file(path))
        (mirror / "checkpoint").write_bytes(case.log.checkpoint(100))
        assert "extends" in self.run(0, case.folder, mirror, "--key", KEY.vkey.encode())
        (mirror / "tile/0/000").write_bytes(case.log.file("tile/0/000")[:-1])
        assert "8191 bytes" in self.run(2, case.folder, mirror, "--key", KEY.vkey.encode())

    @pytest.mark.parametrize("raw", [b"", b"\xff", b"x\n\ny\n", b"{}"])
    def test_what_is_no_checkpoint_is_told_in_one_line(self, one, tmp_path, raw):
        (tmp_path / "junk").write_bytes(raw)
        assert "junk: " in self.run(2, one.folder, tmp_path / "junk")

    def test_bad_words(self, one, fork, tmp_path):
        assert "two copies are compared" in self.run(2, one.folder)
        assert "no such file" in self.run(2, one.folder, tmp_path / "none")
        assert "there is no such file" in self.run(2, one.folder, tmp_path)
        assert "verifier key" in self.run(2, one.folder, one.folder, "--key", "junk")
        (one.folder / "log/tile/0/000.p/7").unlink()
        assert "tile/0/000.p/7 is gone" in self.run(2, one.folder, fork.folder)
