"""A witness as a folder.

    WITNESS/
      witness.json            what this folder is, and the witness's name
      key                     its private keys, a line each; for its owner only
      logs                    the keys of the logs that it serves, a line each; # begins a comment
      state/<origin>          what it cosigned last of that log, as a checkpoint; <origin> is SHA-256 of the log's name
      state/<origin>.lock     held while one request for that log is answered
      split/<origin>          a proof that the log has shown two histories, where it has

What was cosigned is durable before anybody sees the cosignature, and no two requests for one log are answered at once.
A log's state is there from the moment when the log is trusted. One that is gone later, or is not whole, is never begun
anew: the witness would no more know what it has vouched for, so it refuses.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from trucewatch.base.errors import (
    CaseBroken,
    CaseBusy,
    CaseError,
    InputError,
    NotACase,
    Unreadable,
    VerificationError,
)
from trucewatch.base.ids import canonical, sha256
from trucewatch.log import witness
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import MOST_NAME_BYTES, by_kind
from trucewatch.log.note import COSIGNED, COSIGNED_ML_DSA, ED25519, Note, Signer, VKey, signed
from trucewatch.ports import Clock
from trucewatch.stores.files import PART, sync_folder, told, write_whole

MARKER = "witness.json"
FORMAT = 1
NOTHING = b"nothing cosigned yet\n"
"""The state of a log that is trusted and was never cosigned."""
WAIT_S = 10.0
"""A request waits so long for another one of the same log; answering one takes some milliseconds."""
_BEAT_S = 0.005


class PosixWitness:
    """A witness's folder. Open one with `open_witness`, make one with `make_witness`."""

    def __init__(self, folder: Path, name: str, signers: Sequence[Signer]) -> None:
        self.folder, self.name, self.signers = folder, name, tuple(signers)
        self.vkeys = tuple(signer.vkey for signer in signers)

    def logs(self) -> dict[str, tuple[VKey, ...]]:
        """The logs that are served: name -> keys, as the file says now. CaseBroken names the line."""
        path = self.folder / "logs"
        found: dict[str, tuple[VKey, ...]] = {}
        try:
            lines = path.read_bytes().decode().split("\n")
        except FileNotFoundError:
            raise CaseBroken(f"{path} is gone") from None
        except UnicodeDecodeError:
            raise CaseBroken(f"{path} is not text") from None
        for n, line in enumerate(lines, 1):
            if (word := line.strip()) and not word.startswith("#"):
                try:
                    key = VKey.decode(word)
                    self._usable(key)
                except (Unreadable, InputError) as wrong:
                    raise CaseBroken(f"{path}, line {n}: {wrong}") from None
                found[key.name] = (*found.get(key.name, ()), key)
        return found

    def _usable(self, key: VKey) -> None:
        """InputError where the key is none that a witness could serve."""
        if key.kind not in (ED25519, COSIGNED_ML_DSA):
            raise InputError(f"the key of {key.name} is a witness's", expected="a log's key")
        if any(key.public == other.public for other in self.vkeys):
            raise InputError(f"the key of {key.name} is this witness's own", expected="a log's key")
        if len(key.name.encode()) > MOST_NAME_BYTES:
            raise InputError(f"the log's name has more than {MOST_NAME_BYTES} bytes", expected="a shorter one")

    def trust(self, key: VKey) -> bool:
        """Serve a log from now on, or take a further key of it -> whether it is new. Keeps what was cosigned."""
        self._usable(key)
        with self._alone("logs"):
            known = self.logs().get(key.name, ())
            if key in known:
                return False
            if not known and not self._state(key.name).exists():
                write_whole(self._state(key.name), NOTHING)
            path = self.folder / "logs"
            raw = path.read_bytes()
            gap = b"" if raw.endswith(b"\n") or not raw else b"\n"
            write_whole(path, raw + gap + key.encode().encode() + b"\n")
        return True

    def held(self, origin: str) -> bytes | None:
        """The last checkpoint of that log that was cosigned here; None where there was none yet.

        CaseBroken where it is gone or not whole.
        """
        path = self._state(origin)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            raise CaseBroken(
                f"{path} is gone, so what was cosigned of {origin} is not known: nothing is signed before it is back"
            ) from None
        if raw == NOTHING:
            return None
        try:
            note = Note.decode(raw)
            if Head.decode(note.text).origin != origin:
                raise VerificationError("it is of another log")
            if not signed(note, self.vkeys, by_kind):
                raise VerificationError("it bears no cosignature of this witness")
        except VerificationError as wrong:
            raise CaseBroken(f"{path} is not what was cosigned: {wrong}") from None
        return raw

    def answer(self, raw: bytes, clock: Clock) -> witness.Answer:
        """The body of an add-checkpoint request -> the answer. What it vouches for is durable when this returns."""
        try:
            asked = witness.Asked.decode(raw)
        except Unreadable as wrong:
            return witness.Answer(400, f"{wrong}\n".encode())
        origin = asked.origin
        keys = self.logs().get(origin, ())
        if not keys:
            return witness.answer(asked, (), None, (), 0)
        with self._alone(f"state/{sha256(origin.encode())}"):
            now_s = int(clock.now().timestamp())
            made = witness.answer(asked, keys, self.held(origin), self.signers, now_s)
            if made.split is not None and not self._split(origin).exists():
                write_whole(self._split(origin), made.split)
            if made.keep is not None:
                write_whole(self._state(origin), made.keep)
        return made

    def checkpoint(self, name: str) -> bytes | None:
        """SHA-256 of a log's name -> its last cosigned checkpoint, for monitors; None where there is none.

        It may lie there since a crash, renamed and not yet durable; so it is made durable before it is shown.
        """
        origin = next((origin for origin in self.logs() if sha256(origin.encode()) == name), None)
        if origin is None:
            return None
        with self._alone(f"state/{name}"):
            raw = self.held(origin)
            sync_folder(self.folder / "state")
        return raw

    def split(self, origin: str) -> bytes | None:
        """The proof that this log has shown two histories, where it has."""
        path = self._split(origin)
        return path.read_bytes() if path.exists() else None

    def _state(self, origin: str) -> Path:
        return self.folder / "state" / sha256(origin.encode())

    def _split(self, origin: str) -> Path:
        return self.folder / "split" / sha256(origin.encode())

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Keep every other request, of this process and of others, out. The system lets go when the process ends."""
        path = self.folder / f"{name}.lock"
        try:
            with told(path):
                file = path.open("a+b")
        except FileNotFoundError:
            raise CaseBroken(f"{path.parent} is gone, and with it what was cosigned: nothing is signed") from None
        with file:
            over = time.monotonic() + WAIT_S
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > over:
                        raise CaseBusy(f"{path}: another process has held it for {WAIT_S:.0f} s") from None
                    time.sleep(_BEAT_S)
            yield


def make_witness(folder: Path, name: str, seed: Callable[[], bytes], ml_dsa: bool = False) -> PosixWitness:
    """Make a witness with new keys in an empty or new folder, or open the one that is there.

    seed: draws 32 random bytes, other ones at each call. InputError where the one that is there is another.
    """
    kinds = [COSIGNED, *([COSIGNED_ML_DSA] if ml_dsa else [])]
    if (folder / MARKER).exists():
        made = open_witness(folder)
        if made.name != name or [key.kind for key in made.vkeys] != kinds:
            raise InputError(f"{folder} is the witness {made.name} with other keys", expected="a new or empty folder")
        return made
    there = {at.name for at in folder.iterdir()} if folder.is_dir() else {"a file"} if folder.exists() else set()
    if not all(at.startswith(PART) or at in ("key", "logs") for at in there):
        raise NotACase(f"{folder} holds other things and is not a witness; give a new or an empty folder")
    if "key" not in there:
        write_whole(folder / "key", "".join(word + "\n" for word in _drawn(name, kinds, seed)).encode())
    made = PosixWitness(folder, name, _keys(folder, name))  # never written over: a making that broke off goes on
    if [key.kind for key in made.vkeys] != kinds:
        raise InputError(f"{folder / 'key'} holds other keys already", expected="a new or empty folder")
    if "logs" not in there:
        write_whole(folder / "logs", b"# The keys of the logs that this witness serves. Add with: witness trust\n")
    write_whole(folder / MARKER, canonical({"format": FORMAT, "name": name}) + b"\n")
    return open_witness(folder)


def _drawn(name: str, kinds: Sequence[int], seed: Callable[[], bytes]) -> list[str]:
    """New private keys in their text form, each from a seed of its own."""
    if len(name.encode()) > MOST_NAME_BYTES:
        raise InputError(f"has more than {MOST_NAME_BYTES} bytes", field="--name")
    seeds = [seed() for _ in kinds]
    if len(set(seeds)) != len(seeds):
        raise ValueError("two keys from one seed")
    try:
        words = [Signer(name, drawn, kind).encode() for drawn, kind in zip(seeds, kinds, strict=True)]
        for word in words:
            Signer.decode(word)
    except Unreadable:
        raise InputError(f"{name!r} is no name", field="--name", expected="one word, such as example.org/w1") from None
    return words


def open_witness(folder: Path) -> PosixWitness:
    """Open the witness in that folder. Raises NotACase, CaseBroken."""
    try:
        said = json.loads((folder / MARKER).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise NotACase(f"{folder} is no witness; make one with: trucewatch witness init {folder} --name NAME") from None
    except (ValueError, RecursionError):
        raise CaseBroken(f"{folder / MARKER} is not JSON") from None
    except OSError as wrong:
        raise CaseError(f"{folder / MARKER} cannot be read: {wrong.strerror}") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT or not isinstance(said.get("name"), str):
        raise CaseBroken(f"{folder / MARKER} is of a form that this version does not know; expected format {FORMAT}")
    return PosixWitness(folder, said["name"], _keys(folder, said["name"]))


def _keys(folder: Path, name: str) -> list[Signer]:
    """The private keys in the folder. CaseBroken where they are not those of a witness of that name."""
    path = folder / "key"
    try:
        signers = [Signer.decode(word) for word in path.read_text("ascii").split()]
    except FileNotFoundError:
        raise CaseBroken(f"{path} is gone; without it this witness is lost, and others must be told") from None
    except OSError as wrong:
        raise CaseError(f"{path} cannot be read: {wrong.strerror}") from None
    except (UnicodeDecodeError, Unreadable) as wrong:
        why = wrong if isinstance(wrong, Unreadable) else "it is not text"
        raise CaseBroken(f"{path} does not hold a witness's keys: {why}") from None
    kinds = [signer.kind for signer in signers]
    alone = len({signer.seed for signer in signers}) == len(signers)
    if kinds not in ([COSIGNED], [COSIGNED, COSIGNED_ML_DSA]) or not alone:
        raise CaseBroken(
            f"{path} does not hold one Ed25519 cosigner's key and at most one of ML-DSA-44, from two seeds"
        )
    if any(signer.name != name for signer in signers):
        raise CaseBroken(f"{path} holds keys of another witness than {name}")
    return signers
