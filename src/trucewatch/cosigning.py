"""Floor 4: ask a witness to cosign a checkpoint (C2SP tlog-witness). The way out is an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from trucewatch.base.errors import FetchError, InputError, Unreadable, VerificationError
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, number
from trucewatch.log.cosign import by_kind
from trucewatch.log.note import Note, VKey, signed
from trucewatch.log.witness import SIZE, TEXT, Asked, added
from trucewatch.ports import Response

TRIES = 3
"""The first request may start from a size that the witness has left; so may the second, where another asked between."""
_SAID = 120
"""So many characters of a witness's own words are repeated."""


class Post(Protocol):
    """`ports.Transport.post`."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        """Send bytes to one address."""
        ...


def request(checkpoint: bytes, old: int, tree: merkle.Subtree) -> Asked:
    """A signed checkpoint, the size that a witness knows, the log's tree -> the request for that witness.

    InputError where the witness knows more than the checkpoint has.
    """
    head = Head.decode(Note.decode(checkpoint).text)
    if not 0 <= old <= head.size:
        raise InputError(f"the checkpoint is of {head.size} entries", expected=f"a checkpoint of at least {old}")
    return Asked(old, tuple(merkle.consistency(tree, old, head.size)), checkpoint)


def last_cosigned(checkpoints: Sequence[bytes], keys: Sequence[VKey]) -> int:
    """Signed checkpoints of our log -> the largest size on which one of these keys is seen to have cosigned; or 0."""
    sizes = [0]
    for raw in checkpoints:
        note = Note.decode(raw)
        if signed(note, keys, by_kind):
            sizes.append(Head.decode(note.text).size)
    return max(sizes)


def ask(post: Post, url: str, checkpoint: bytes, keys: Sequence[VKey], tree: merkle.Subtree, old: int = 0) -> bytes:
    """Ask the witness at `url` -> the checkpoint with its cosignature on it, seen to hold under one of `keys`.

    old: the largest size that this witness has cosigned, as far as its cosignatures at hand show (`last_cosigned`);
    where it knows more, it says so, and is asked again from there. FetchError where it does not answer as its
    documentation says; VerificationError where it refuses, or is seen to have forgotten what it cosigned.
    """
    head = Head.decode(Note.decode(checkpoint).text)
    start = old
    for _ in range(TRIES):
        asked = request(checkpoint, start, tree)
        answer = post(url.rstrip("/") + "/add-checkpoint", asked.encode(), {"Content-Type": TEXT})
        if answer.status == 200:
            return added(checkpoint, answer.body, keys)
        if answer.status != 409:
            raise _refused(answer, head, start)
        start = _size_of(answer)
        if start > head.size:
            raise VerificationError(
                f"it has cosigned {start} entries of {head.origin}, this checkpoint is of {head.size}: "
                "it is an old one, or the log went back, or shows two histories"
            )
        if start < old:
            raise VerificationError(
                f"it says that it cosigned {start} entries last, and its cosignature on {old} is here: it has lost "
                "what it cosigned, and counts as a witness no more until it is explained"
            )
        if start == asked.old:
            raise FetchError(f"the witness refuses a request from {start} because it knows {start}")
    raise FetchError(f"the witness named {TRIES} other sizes in a row: others ask it at the same time; try again")


def _size_of(answer: Response) -> int:
    """The size that a 409 names."""
    kind = answer.headers.get("content-type", "").split(";")[0].strip()
    text, newline, rest = answer.body[:40].decode("ascii", "replace").partition("\n")
    try:
        if kind != SIZE or not newline or rest:
            raise Unreadable("it is not one line")
        return number(text, "it")
    except Unreadable:
        raise FetchError("the witness answered 409 without the size that it knows; is it one?") from None


def _refused(answer: Response, head: Head, old: int) -> FetchError | VerificationError:
    """Any answer but 200 and 409 -> what to tell."""
    letters = "".join(letter if letter.isprintable() else " " for letter in answer.body.decode("utf-8", "replace"))
    said = " ".join(letters.split())[:_SAID]
    words = f" ({said})" if said else ""
    if answer.status == 404:
        return VerificationError(f"it does not serve the log {head.origin}, or the address is wrong{words}")
    if answer.status == 403:
        return VerificationError(f"it does not know the key that signed the checkpoint{words}")
    if answer.status == 422 and old == head.size and old:
        return VerificationError(
            f"it has cosigned another root for {old} entries: perhaps a split view; get its checkpoint and compare: "
            f"trucewatch log consistency{words}"
        )
    if answer.status == 422:
        return VerificationError(f"it was not shown that {head.size} entries extend the {old} that it knows{words}")
    return FetchError(f"the witness answered {answer.status}{words}")
