"""trucewatch log checkpoint"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.base.errors import InputError, TrucewatchError
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import case_option, json_option, read_file, show, tools
from trucewatch.cli.log.common import policy_of, signer_of, trust_option, write_new
from trucewatch.cosigning import ask, last_cosigned, request
from trucewatch.log.checkpoint import Head
from trucewatch.log.note import Note
from trucewatch.log.policy import Policy
from trucewatch.log.witness import added
from trucewatch.ports import Store
from trucewatch.proving import tree_of
from trucewatch.signing import sign
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@click.option("--key", type=click.Path(path_type=Path), help="The log's private key: sign the log as it is now.")
@click.option("--rotate", metavar="WHY", help="Sign with another key than before, and enter why.")
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
    note = sign(store, signer_of(key), hands.clock, hands.maker, rotate) if key else store.log.checkpoint()
    if note is None:
        raise InputError("no checkpoint was signed yet", field="--key", expected="the log's private key")
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
    with store.writing():
        store.log.keep_checkpoint(note)
    return note
