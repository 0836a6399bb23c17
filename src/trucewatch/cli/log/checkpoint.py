"""trucewatch log checkpoint"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.base.errors import CaseBroken, InputError, TrucewatchError, Unreadable, VerificationError
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import case_option, json_option, read_file, show, tools, words
from trucewatch.cli.log.common import policy_of, signer_of, trust_option, write_new
from trucewatch.cosigning import ask, last_cosigned, request
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import opened
from trucewatch.log.note import Note
from trucewatch.log.policy import Policy
from trucewatch.log.witness import added
from trucewatch.ports import Store
from trucewatch.proving import announced, entries_of, tree_of
from trucewatch.signing import Memory, Rotation, sign
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores import Where, open_store
from trucewatch.stores.files import write_whole

SIGNED = ".signed"
"""Behind the name of the private key's file: the checkpoint that it signed last."""


@click.command()
@case_option
@click.option("--key", type=click.Path(path_type=Path), help="The log's private key: sign the log as it is now.")
@click.option("--rotate", metavar="WHY", callback=words, help="Sign with another key than before, and enter why.")
@click.option("--old-key", type=click.Path(path_type=Path), help="With --rotate: the private key that signed until "
              "now, which hands over to the new one.")  # fmt: skip
@click.option("--without-old-key", is_flag=True, help="With --rotate, where the old key is lost: only a policy can "
              "vouch for the new one.")  # fmt: skip
@trust_option()
@click.option("--request-for", type=click.IntRange(min=0), metavar="SIZE", help="Write a request for a witness that "
              "knows SIZE entries, to be carried to it by hand, to --out.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Where the request goes, a new file.")
@click.option("--add", multiple=True, type=click.Path(path_type=Path), help="A witness's answer, carried back by hand; "
              "needs --trust. May be given again.")  # fmt: skip
@json_option
@click.pass_context
def checkpoint(
    ctx: click.Context,
    case: Where,
    key: Path | None,
    rotate: str | None,
    old_key: Path | None,
    without_old_key: bool,
    trust: Path | None,
    request_for: int | None,
    out: Path | None,
    add: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Sign the log's head, have witnesses cosign it, and print the checkpoint.

    With --trust, each witness of the policy that has an address is asked, and the quorum is judged: exit status 1
    where the checkpoint does not count yet. Without --key, the checkpoint that was signed last is used.
    """
    store, hands = open_store(case), tools()
    policy = policy_of(trust) if trust else None
    rotation = _rotation(rotate, old_key, without_old_key)
    note: bytes | None
    if key:
        memory = _memory(key, old_key)
        note = sign(store, signer_of(key), hands.clock, hands.maker, rotation, memory)
    else:
        note = store.log.checkpoint()
    if note is None:
        raise InputError("no checkpoint was signed yet", field="--key", expected="the log's private key")
    _signed(store, note, policy)
    if request_for is not None:
        _request(store, note, request_for, out)
        return
    if add and policy is None:
        raise InputError("whose answers are these?", field="--add", expected="--trust POLICY with it")
    faults: list[str] = []
    if policy is not None:
        for path in add:
            note = _kept(store, added(note, read_file(path), list(policy.witnesses.values())))
        note, faults = _asked(store, note, policy)
    head = Head.decode(Note.decode(note).text)
    says = f"signed: {head.size} entries of {head.origin}, root {head.root.hex()[:SHORT]}"
    told = {"checkpoint": note.decode(), "size": head.size, "root": head.root.hex(), "counts": None, "faults": faults}
    lines = [note.decode().rstrip("\n"), "", says, *faults]
    if policy is not None:
        try:
            trusted = policy.open(note, hands.clock.now())
            told["counts"] = True
            lines.append(f"it counts under {trust}: witnesses {', '.join(sorted(trusted.witnesses)) or 'none needed'}")
        except TrucewatchError as wrong:
            told["counts"] = False
            lines.append(f"it does not count under {trust}: {wrong}")
    show(told, as_json, lines)
    if told["counts"] is False:
        ctx.exit(1)


def _rotation(why: str | None, old: Path | None, lost: bool) -> Rotation | None:
    if why is None:
        if old is not None or lost:
            raise InputError("nothing is rotated", field="--old-key", expected="--rotate WHY with it")
        return None
    if (old is None) != lost:
        raise InputError("who hands over?", field="--rotate", expected="--old-key FILE, or --without-old-key")
    return Rotation(why, signer_of(old) if old else None)


def _memory(key: Path, old: Path | None) -> Memory:
    """What was signed last lies beside the private key: whoever can write to the case cannot set that back."""
    beside = [path.with_name(path.name + SIGNED) for path in (key, *([old] if old else []))]
    held = next((read_file(path) for path in beside if path.exists()), None)
    return Memory(held, lambda note: write_whole(beside[0], note))


def _signed(store: Store, note: bytes, policy: Policy | None) -> None:
    """VerificationError unless a key of the log has signed it: one of the policy, or without one, that it announces."""
    try:
        opened(note, announced(store, entries_of(store)) if policy is None else policy.logs)
    except Unreadable as wrong:
        raise CaseBroken(f"the latest checkpoint: {wrong}") from None
    except VerificationError as wrong:
        raise VerificationError(f"the latest checkpoint: {wrong}") from None


def _request(store: Store, note: bytes, old: int, out: Path | None) -> None:
    if out is None:
        raise InputError("where shall it go?", field="--out", expected="a new file for the request")
    _, tree = tree_of(store)
    write_new(out, request(note, old, tree).encode())
    click.echo(f"{out}: for a witness that knows {old} entries; there: trucewatch witness cosign WITNESS {out}")


def _asked(store: Store, note: bytes, policy: Policy) -> tuple[bytes, list[str]]:
    """Ask each witness that has an address; one that fails stops no other."""
    _, tree = tree_of(store)
    transport, faults = PoliteTransport(interval_s=0.0, tries=2), []
    before = [raw for size in store.log.checkpoints() if (raw := store.log.checkpoint(size))]
    for url in dict.fromkeys(policy.urls.values()):
        names = [name for name, other in policy.urls.items() if other == url]
        keys = [policy.witnesses[name] for name in names]
        try:
            note = _kept(store, ask(transport.post, url, note, keys, tree, last_cosigned(before, keys)))
        except TrucewatchError as wrong:
            faults.append(f"witness {', '.join(names)}: {wrong}")
    return note, faults


def _kept(store: Store, note: bytes) -> bytes:
    """Keep it -> what is kept: others may have brought cosignatures meanwhile."""
    with store.writing():
        store.log.keep_checkpoint(note)
        return store.log.checkpoint(Head.decode(Note.decode(note).text).size) or note
