"""What is given out of a case: nothing above its level, nothing outside its folder, and checkable without our package."""

from __future__ import annotations

import base64
import importlib.util
import json
import random
import shutil
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from casefiled import body as written
from flipped import KEY, ORIGIN, POLICY, WITNESSES, reported, signed, spoilt
from trucewatch.archive import commit, know
from trucewatch.base.errors import CaseBroken, TrucewatchError
from trucewatch.base.ids import canonical
from trucewatch.bundle import items, safe
from trucewatch.cli import main
from trucewatch.log.note import COSIGNED, Signer, made_with
from trucewatch.log.policy import lines_of
from trucewatch.log.verify import verify_evidence
from trucewatch.ports import Fetched, Tools
from trucewatch.proving import prove
from trucewatch.stores.posix import make_case, open_case
from trucewatch.testing import NOON, FakeClock
from trucewatch.withhold import withhold

OFFLINE = Path(__file__).parents[1] / "offline"
SECRET, ATTACHED, PAGE, FOR_PARTIES = b"secret observer at 30.5 50.5\n", b"a quoted text", b"<p>public</p>", b"<p>p</p>"
SALTS = [bytes([n]) * 32 for n in range(1, 8)]
NAMES = ["https://x.invalid/../../../evil.csv", "CON", "", "a" * 400 + ".csv", "..", "a\x00b\nc.csv?key=hidden"]
KEYS = [key.encode() for key in (KEY.vkey, *(witness.vkey for witness in WITNESSES))]
AGREEMENT = b"agreement: paper\ntitle: Paper\n"
JUDGEMENT = written("judgement", by="by a judge")


def entered(case, *lines: tuple[str, bytes]) -> None:
    with case.writing():
        commit(case, list(lines), FakeClock(), "the-maker")


def captured(case, url: str, salt: bytes, raw: bytes) -> str:
    got = Fetched(raw, url, "text/csv", "free").capture(salt, "told", NOON)
    case.vault.put(got.id, salt, raw)
    body = {
        "id": got.id, "source": "told", "url": url, "media_type": "text/csv", "fetched_at": NOON.isoformat(),
        "licence": "free", "options": {}, "size": len(raw),
    }  # fmt: skip
    entered(case, ("capture", canonical(body)))
    return got.id


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    case = make_case(tmp_path_factory.mktemp("bundle") / "case", ORIGIN)
    for n, url in enumerate(NAMES):
        captured(case, url, SALTS[n], SECRET + str(n).encode())
    entered(case, ("agreement", AGREEMENT), ("run", reported(PAGE)))
    body = json.loads(reported(FOR_PARTIES))
    entered(case, ("run", canonical({**body, "level": "parties"})), ("judgement", JUDGEMENT))
    case.publish({"report/report.html": PAGE, "report/parties/report.html": FOR_PARTIES})
    signed(case, FakeClock(step=timedelta(seconds=1)))
    return case


@pytest.fixture
def case(made, tmp_path):
    shutil.copytree(made.folder, tmp_path / "case")
    return open_case(tmp_path / "case")


def run(status: int, *words) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words], prog_name="trucewatch")
    assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
    assert len(result.stderr.splitlines()) <= 1 and "Traceback" not in result.stderr
    return result.stdout + result.stderr


def export(case, level: str, *more, status: int = 0, name: str = "bundle") -> Path:
    folder = case.folder.parent / name
    run(status, "log", "export", folder, "--case", case.folder, "--level", level, *more)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def offline(folder: Path, *keys: str) -> subprocess.CompletedProcess[str]:
    """The shipped verifier by a bare Python: no packages, no environment, nothing of ours."""
    words = [sys.executable, "-S", "-E", "-s", "-B", str(folder / "verify.py"), *(keys or KEYS)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=folder.parent)


class TestLevels:
    def test_public_holds_no_captured_byte_no_salt_no_capture_s_body_and_no_entry(self, case):
        held = files_in(export(case, "public"))
        names = [name.split("/")[1] for name in held if name.startswith("files/")]
        assert names == ["6-agreement.yaml", "7.0-report.html"]
        assert not any(name.startswith("log/tile/entries") for name in held)
        every = list(held.values())
        for name, raw in held.items():
            if name.startswith("proofs/"):
                extra = json.loads(base64.b64decode(raw.split(b"\n")[1].removeprefix(b"extra ")))
                assert set(extra) == {"line", "body"}
                every += [base64.b64decode(part) for part in extra.values()]
        known = know(case)
        bodies = [case.objects.get(e.body_hash) for e in known.entries if e.kind in ("capture", "judgement")]
        never = [SECRET, b"evil", b"hidden", b"fetched_at", FOR_PARTIES, b"by a judge", *bodies, *SALTS]
        never += [base64.b64encode(salt).rstrip(b"=") for salt in SALTS] + [salt.hex().encode() for salt in SALTS]
        never += [line for n, line in enumerate(case.log.lines()) if n not in (6, 7)]
        for word in never:
            assert not any(word in raw for raw in every), word

    def test_parties_get_their_report_and_the_entries_but_no_captured_byte(self, case):
        held = files_in(export(case, "parties"))
        assert {FOR_PARTIES, PAGE, AGREEMENT} <= set(held.values())
        assert "log/tile/entries/000.p/11" in held
        assert not any(SECRET in raw or salt in raw for raw in held.values() for salt in SALTS)

    def test_what_is_above_the_level_is_refused_by_name_and_nothing_is_written(self, case):
        for word, level in (("0", "public"), ("0", "parties"), ("8", "public"), ("9", "public")):
            told = run(
                2, "log", "export", case.folder.parent / "b", "--case", case.folder, "--entry", word, "--level", level
            )
            assert f"is not for {level}; expected a level above it" in told
        assert [path.name for path in case.folder.parent.iterdir()] == ["case"]

    def test_restricted_needs_a_name_and_is_an_entry_of_custody(self, case):
        folder = export(case, "restricted", status=2)
        assert not folder.exists()
        before = case.log.head().size
        export(case, "restricted", "--by", "me", "--for", "the court", "--why", "asked in writing")
        entry = know(case).entries[-1]
        body = json.loads(case.objects.get(entry.body_hash))
        assert (case.log.head().size, entry.kind) == (before + 1, "custody")
        assert (body["act"], body["by"], body["to"]) == ("exported", "me", "the court")
        assert sorted(body["captures"]) == sorted(know(case).captures)
        export(case, "public", name="public")
        assert case.log.head().size == before + 1

    def test_only_what_is_public_is_for_others_to_read(self, case):
        folder = export(case, "restricted", "--by", "me")
        assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}

    def test_a_judgement_that_was_asked_for_goes_out_with_its_proof(self, case):
        held = files_in(export(case, "parties", "--entry", 9))
        assert held["files/9-judgement.json"] == JUDGEMENT
        assert offline(case.folder.parent / "bundle").returncode == 0


class TestWhatIsWithheld:
    def test_it_appears_as_its_entry_alone(self, case):
        capture = next(iter(know(case).captures))
        withhold(case, capture, "it names a witness", Tools(FakeClock(), lambda: bytes(32), "t", by="the bench"))
        folder = export(case, "restricted", "--by", "me")
        held = files_in(folder)
        assert f"proofs/0-withheld-{capture[:12]}.tlog-proof" in held
        assert not [name for name in held if name.startswith("files/0-")]
        assert (
            f"holds 0-withheld-{capture[:12]} entry 0 (capture), in the tree of 11 alone; its bytes are not here"
            in (offline(folder).stdout)
        )

    def test_where_withholding_was_broken_off_neither_bytes_nor_salt_go_out(self, case):
        # Found here: what still lay in the vault was given out, whatever the log said.
        capture = next(iter(know(case).captures))
        salt, raw = case.vault.get(capture)
        withhold(case, capture, "it names a witness", Tools(FakeClock(), lambda: bytes(32), "t", by="the bench"))
        case.vault.put(capture, salt, raw)
        held = files_in(export(case, "restricted", "--by", "me"))
        assert raw not in held.values()
        assert b"salt" not in base64.b64decode(prove(case, 0).split(b"\n")[1][6:])

    def report_of(self, case, capture: str, page: bytes) -> int:
        """A report that was made from that capture, published -> its entry."""
        body = {**json.loads(reported(page)), "inputs": {"captures": [capture]}}
        entered(case, ("run", canonical(body)))
        case.publish({"report/made.html": page})
        signed(case, FakeClock(NOON + timedelta(days=1)))
        return case.log.head().size - 1

    def test_a_report_that_was_made_from_it_stays_here_and_that_is_said(self, case):
        # Found in review: what was read from withheld bytes went out as a report of public level.
        capture, page = next(iter(know(case).captures)), b"<p>the name of a witness</p>"
        n = self.report_of(case, capture, page)
        assert page in files_in(export(case, "public", name="before")).values()
        withhold(case, capture, "it names a witness", Tools(FakeClock(), lambda: bytes(32), "t", by="the bench"))
        folder = case.folder.parent / "after"
        said = run(0, "log", "export", folder, "--case", case.folder)
        assert page not in files_in(folder).values() and not list((folder / "proofs").glob(f"{n}*"))
        assert f"1 report left out: entry {n}, made from capture {capture[:12]}, which is withheld by the bench" in said
        told = run(2, "log", "export", case.folder.parent / "b", "--case", case.folder, "--entry", n)
        assert f"entry {n} is a report made from capture {capture[:12]}, which is withheld by the bench" in told

    @pytest.mark.parametrize("level", ["restricted", "public"])
    def test_what_is_withheld_while_a_bundle_is_made_does_not_leave(self, case, monkeypatch, level):
        # Found in review: bytes that were read before they were withheld went out after.
        capture = next(iter(know(case).captures))
        self.report_of(case, capture, b"<p>made</p>")
        command = import_module("trucewatch.cli.log.export")
        real = command.shipped_files

        def meanwhile(name):
            withhold(case, capture, "it names a witness", Tools(FakeClock(), lambda: bytes(32), "t", by="the bench"))
            return real(name)

        monkeypatch.setattr(command, "shipped_files", meanwhile)
        words = ["--case", case.folder, "--level", level, "--by", "me"]
        told = run(2, "log", "export", case.folder.parent / "out", *words)
        assert "is withheld by the bench" in told and "nothing was given out" in told
        assert [path.name for path in case.folder.parent.iterdir()] == ["case"]
        assert know(case).entries[-1].kind == "withheld"

    def test_what_is_withheld_while_custody_writes_it_out_does_not_leave(self, case, monkeypatch):
        capture, out = next(iter(know(case).captures)), case.folder.parent / "bytes"
        command = import_module("trucewatch.cli.custody")
        real = command._exportable

        def meanwhile(*words):
            raw = real(*words)
            withhold(case, capture, "it names a witness", Tools(FakeClock(), lambda: bytes(32), "t", by="the bench"))
            return raw

        monkeypatch.setattr(command, "_exportable", meanwhile)
        told = run(2, "custody", capture, "--case", case.folder, "--out", out, "--by", "me")
        assert "is withheld by the bench" in told and not out.exists()
        assert know(case).entries[-1].kind == "withheld"


class TestNames:
    def test_hostile_names_of_captures_stay_in_the_folder(self, case):
        folder = export(case, "restricted", "--by", "me")
        names = sorted(path.name for path in (folder / "files").iterdir())
        assert names == sorted(
            ["0-evil.csv", "1-CON", "2-bytes", "3-" + "a" * 76 + ".csv", "4-bytes", "5-a_b_c.csv",
             "6-agreement.yaml", "7.0-report.html", "8.0-report.html", "9-judgement.json"]
        )  # fmt: skip
        assert sorted(path.name for path in case.folder.parent.iterdir()) == ["bundle", "case"]
        assert offline(folder).returncode == 0

    def test_hostile_names_of_results_stay_in_the_folder_too(self, case):
        # Found here: a name in a run's entry was taken for a path.
        body = json.loads(reported(PAGE))
        sha = body["outputs"]["report.html"]
        outputs = dict.fromkeys(["../../../../evil", "/etc/evil", "a/b", "a_b"], sha)
        entered(case, ("run", canonical({**body, "outputs": outputs})))
        signed(case, FakeClock(NOON + timedelta(days=1)))
        folder = export(case, "public", "--entry", 11)
        names = sorted(path.name for path in (folder / "files").iterdir())
        assert names == ["11.0-.._.._.._.._evil", "11.1-_etc_evil", "11.2-a_b", "11.3-a_b"]

    @given(st.text())
    def test_any_name_is_one_that_a_folder_takes(self, name):
        made = safe(name)
        assert len(made) <= 80 and made.isascii() and not set(made) & set('/\\:*?"<>| \n\0') and not made.endswith(".")


class TestFolders:
    def test_an_existing_folder_file_or_place_in_the_case_is_refused(self, case, tmp_path):
        (tmp_path / "there").mkdir()
        (tmp_path / "file").write_text("x")
        for name in ("there", "file"):
            assert "is there already" in run(2, "log", "export", tmp_path / name, "--case", case.folder)
        assert "lies in the case" in run(2, "log", "export", case.folder / "report/out", "--case", case.folder)

    def test_a_crash_leaves_no_half_bundle_and_the_entry_is_there_before_the_files(self, case, monkeypatch):
        before = case.log.head().size
        command = import_module("trucewatch.cli.log.export")

        def full(files, mode):
            next(iter(files)).parent.mkdir(parents=True)
            assert case.log.head().size == before + 1
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(command, "write_all", full)
        told = run(
            2, "log", "export", case.folder.parent / "out", "--case", case.folder, "--level", "restricted", "--by", "x"
        )
        assert "No space left" in told
        assert [path.name for path in case.folder.parent.iterdir()] == ["case"]

    def test_what_lies_beside_is_left_alone(self, case):
        # Found here: a folder of that name and .part was taken away.
        beside = case.folder.parent / "bundle.part"
        beside.mkdir()
        (beside / "thesis.odt").write_text("x")
        export(case, "public")
        assert (beside / "thesis.odt").read_text() == "x"

    def test_a_policy_goes_with_it_and_one_that_is_none_stops_it(self, case, tmp_path):
        path = tmp_path / "policy"
        path.write_text("\n".join(lines_of(POLICY)))
        assert files_in(export(case, "public", "--trust", path))["policy.txt"] == path.read_bytes()
        path.write_text("quorum 9")
        export(case, "public", "--trust", path, status=2, name="other")

    @pytest.mark.parametrize("option", ["--for", "--why"])
    @pytest.mark.parametrize("said", ["", " \n", "a\x1b[2Jb", "a\udcffb", "\u202eb"])
    def test_words_that_no_line_can_hold_do_not_become_an_entry(self, case, option, said):
        before = case.log.head().size
        words = ["--case", case.folder, "--level", "restricted", "--by", "me"]
        told = run(2, "log", "export", case.folder.parent / "b", *words, option, said)
        assert told.startswith(f"trucewatch: {option}: ") and case.log.head().size == before

    @pytest.mark.parametrize(
        "body",
        [
            b'{"checkpoint":1,"token":2}',
            b'{"checkpoint":"x","token":"!"}',
            b'{"checkpoint":"\\ud800","token":""}',
            b"x",
        ],
    )
    def test_a_timestamp_that_is_none_is_named(self, case, body):
        # Found in review: a traceback.
        entered(case, ("timestamp", body))
        signed(case, FakeClock(NOON + timedelta(days=1)))
        told = run(2, "log", "export", case.folder.parent / "b", "--case", case.folder)
        assert "entry 11 (timestamp)" in told or "the body of entry 11" in told
        assert not (case.folder.parent / "b").exists()

    def test_each_published_file_is_read_once(self, case):
        class Counted(dict):
            read: list[str] = []  # noqa: RUF012

            def __getitem__(self, name):
                self.read.append(name)
                return super().__getitem__(name)

        published = Counted({"report/report.html": PAGE, "report/parties/report.html": FOR_PARTIES})
        found = items(case, [], published, "parties")
        assert {item.raw for item in found if item.name.endswith(".html")} == {PAGE, FOR_PARTIES}
        assert sorted(Counted.read) == sorted(published)

    def test_outputs_that_are_no_hashes_are_a_broken_case(self, case):
        entered(case, ("run", canonical({**json.loads(reported(PAGE)), "outputs": {"a": ["x"], "b": {}}})))
        signed(case, FakeClock(NOON + timedelta(days=1)))
        with pytest.raises(CaseBroken, match="entry 11"):
            items(case, [], case.published, "public")

    def test_a_log_that_others_go_on_writing_is_given_out_whole(self, case, monkeypatch):
        real, busy, line = type(case.log).file, [], case.log.lines()[-1]
        case.log.append([line])  # a size that nobody signed

        def file(log, path):
            if not busy and log.head().size < 300 and "entries" not in path:
                busy.append(True)
                case.log.append([line])
                busy.clear()
            return real(log, path)

        monkeypatch.setattr(type(case.log), "file", file)
        export(case, "public")
        monkeypatch.undo()
        assert offline(case.folder.parent / "bundle").returncode == 0

    def test_a_log_that_nobody_signed_is_not_given_out(self, tmp_path):
        case = make_case(tmp_path / "new", ORIGIN)
        assert "no checkpoint of the log was signed yet" in run(
            2, "log", "export", tmp_path / "b", "--case", case.folder
        )

    def test_bytes_that_are_gone_and_not_withheld_are_not_passed_over(self, case):
        case.vault.drop(next(iter(know(case).captures)))
        with pytest.raises(CaseBroken, match="are gone, and not withheld"):
            items(case, [], case.published, "restricted")


@pytest.fixture(scope="module")
def bundle(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    shutil.copytree(made.folder, folder / "case")
    return export(open_case(folder / "case"), "restricted", "--by", "me")


class TestTheShippedVerifier:
    @pytest.fixture
    def folder(self, bundle, tmp_path):
        shutil.copytree(bundle, tmp_path / "bundle")
        return tmp_path / "bundle"

    def test_it_holds_with_a_bare_python_and_every_witness(self, folder):
        done = offline(folder)
        assert done.returncode == 0, done
        assert done.stdout.count("holds ") == 11 and "FAILS" not in done.stdout and done.stderr == ""
        assert "holds log 11 hashes lead to the signed root; 11 entries are here, the same" in done.stdout

    def test_a_key_that_has_not_signed_none_of_the_log_s_and_none_at_all(self, folder):
        missing = Signer("witness.example/none", bytes([50]) * 32, COSIGNED).vkey.encode()
        done = offline(folder, *KEYS, missing)
        assert done.returncode == 1 and "(1) witness.example/none has not signed" in done.stdout
        assert "no key of the log itself was given" in offline(folder, KEYS[1]).stdout
        assert offline(folder, "junk").returncode == 2
        bare = subprocess.run([sys.executable, str(folder / "verify.py")], capture_output=True, text=True)
        assert bare.returncode == 2 and "The keys must come from people you trust" in bare.stderr

    def test_a_flipped_bit_in_each_file_is_caught(self, folder):
        rng = random.Random(5)
        for name, raw in files_in(folder).items():
            if name.startswith(("files/", "proofs/", "log/")):
                (folder / name).write_bytes(spoilt(raw, rng.randrange(len(raw) * 8)))
                done = offline(folder)
                assert done.returncode == 1 and "FAILS" in done.stdout and done.stderr == "", name
                (folder / name).write_bytes(raw)
        assert offline(folder).returncode == 0

    @pytest.mark.parametrize(
        "gone", ["proofs", "proofs/0-evil.csv.tlog-proof", "log/checkpoint", "log/tile/0/000.p/11"]
    )
    def test_what_has_no_proof_or_no_head_does_not_hold(self, folder, gone):
        # Found here: with no proofs at all it had nothing to say against anything, and exit status 0.
        path = folder / gone
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        done = offline(folder)
        assert done.returncode == 1 and "FAILS" in done.stdout and done.stderr == ""

    def test_the_log_s_folder_is_a_mirror_that_our_command_reads(self, folder, made):
        said = run(0, "log", "consistency", made.folder, folder / "log", "--key", KEYS[0])
        assert "are the same 11 entries" in said

    def test_each_file_verifies_with_our_command_too(self, folder, tmp_path):
        path = tmp_path / "policy"
        path.write_text("\n".join(lines_of(POLICY)) + "\n")
        for file in (folder / "files").iterdir():
            proof = folder / "proofs" / f"{file.name}.tlog-proof"
            assert run(0, "log", "verify", file, "--proof", proof, "--trust", path).startswith("verified: ")


def loaded(name: str):
    spec = importlib.util.spec_from_file_location(name, OFFLINE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def theirs():
    kept = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    modules = {name: loaded(name) for name in ("ed25519", "notes", "tree", "verify")}
    sys.dont_write_bytecode = kept
    yield modules
    for name in modules:
        sys.modules.pop(name)


@pytest.fixture(scope="module")
def proofs(made):
    return [
        (SECRET + b"0", prove(made, 0)), (AGREEMENT, prove(made, 6)), (PAGE, prove(made, 7)),
        (made.objects.get(know(made).entries[9].body_hash), prove(made, 9)),
    ]  # fmt: skip


class TestBothVerifiersAgree:
    """Ours with a policy that asks for every witness, and the shipped one with all their keys: one verdict."""

    def verdicts(self, theirs, file: bytes | None, proof: bytes) -> tuple[bool, bool]:
        try:
            verify_evidence(file, proof, POLICY, NOON + timedelta(days=10_000))
            ours = True
        except TrucewatchError:
            ours = False
        try:
            theirs["verify"].check(proof, file, tuple(KEYS))
            other = True
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            other = False
        return ours, other

    def test_on_what_is_true_and_on_another_s_file(self, theirs, proofs):
        for n, (_, proof) in enumerate(proofs):
            for m, (file, _) in enumerate(proofs):
                assert self.verdicts(theirs, file, proof) == ((True, True) if n == m else (False, False))
            assert self.verdicts(theirs, None, proof) == (True, True)

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_on_any_change_of_a_proof(self, theirs, proofs, data):
        file, proof = data.draw(st.sampled_from(proofs))
        forged = bytearray(proof)
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(forged) - 1))
            act = data.draw(st.sampled_from(["flip", "cut", "double", "put", "swap"]))
            if act == "flip":
                forged[at] ^= 1 << data.draw(st.integers(0, 7))
            elif act == "cut":
                del forged[at : at + data.draw(st.integers(1, 40))]
            elif act == "double":
                forged[at:at] = forged[at : at + data.draw(st.integers(1, 80))]
            elif act == "put":
                forged[at:at] = data.draw(st.sampled_from([b"\n", b" ", b"=", b"0", b"\r", b"A", "é".encode()]))
            else:
                lines = bytes(forged).split(b"\n")
                i, j = (data.draw(st.integers(0, len(lines) - 1)) for _ in "ij")
                lines[i], lines[j] = lines[j], lines[i]
                forged = bytearray(b"\n".join(lines))
        ours, other = self.verdicts(theirs, file, bytes(forged))
        assert ours == other, bytes(forged)

    def test_on_every_bit_of_the_short_lines_of_a_proof(self, theirs, proofs):
        file, proof = proofs[0]
        lines, at = proof.split(b"\n"), 0
        for line in lines:
            if len(line) < 30:
                for bit in range(at * 8, min(at + len(line) + 1, len(proof)) * 8):
                    assert self.verdicts(theirs, file, spoilt(proof, bit)) == (False, False), (line, bit)
            at += len(line) + 1


class TestEd25519:
    """The shipped arithmetic against the library's. Where they differ it is on keys that nobody should have."""

    L = 2**252 + 27742317777372353535851937790883648493
    P = 2**255 - 19
    SMALL = (0, 1, P - 1, int("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16))

    def both(self, theirs, key: bytes, made: bytes, text: bytes) -> tuple[bool, bool]:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(made, text)
            library = True
        except (InvalidSignature, ValueError):
            library = False
        try:
            shipped = theirs["ed25519"].signed(key, made, text)
        except ValueError:
            shipped = False
        return library, shipped

    @settings(max_examples=25, deadline=None)
    @given(st.binary(min_size=32, max_size=32), st.binary(max_size=60), st.integers(0, 511))
    def test_true_signatures_and_those_with_a_flipped_bit(self, theirs, seed, text, bit):
        signer = Signer("a", seed)
        made, key = made_with(signer, text), signer.vkey.public
        assert self.both(theirs, key, made, text) == (True, True)
        assert self.both(theirs, key, spoilt(made, bit), text) == (False, False)
        assert self.both(theirs, key, made, text + b"x") == (False, False)
        assert self.both(theirs, spoilt(key, bit % 256), made, text) == (False, False)

    def test_the_second_spelling_of_a_signature_is_refused_by_both(self, theirs):
        made, key = made_with(KEY, b"text"), KEY.vkey.public
        s = int.from_bytes(made[32:], "little")
        for other in (s + self.L, self.L, self.L - 1, 2**256 - 1):
            forged = made[:32] + other.to_bytes(32, "little")
            assert self.both(theirs, key, forged, b"text") == (False, False)

    def test_points_that_are_none_or_not_in_their_one_spelling(self, theirs):
        made, key = made_with(KEY, b"text"), KEY.vkey.public
        for y in (self.P, self.P + 1, 2**255 - 1, 2, 2**255 | 1):
            raw = y.to_bytes(32, "little")
            assert self.both(theirs, key, raw + made[32:], b"text") == (False, False)
            assert not self.both(theirs, raw, made, b"text")[1]
        for short in (b"", made[:63], made + b"\0"):
            assert self.both(theirs, key, short, b"text") == (False, False)

    def test_under_a_key_of_small_order_the_library_lets_anybody_sign_and_the_shipped_one_nobody(self, theirs):
        # R = s * B for s = 0, which is the neutral point: it holds for every text where h * A is that point, too.
        neutral = (1).to_bytes(32, "little")
        made = neutral + bytes(32)
        library = [self.both(theirs, y.to_bytes(32, "little"), made, b"%d" % n) for y in self.SMALL for n in range(16)]
        assert any(one for one, _ in library), "the library accepts some; our own keys are refused before (note.VKey)"
        assert not any(other for _, other in library)
