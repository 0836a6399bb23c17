"""trucewatch log timestamp"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trucewatch.archive import commit
from trucewatch.base.errors import CaseBroken, FetchError, InputError, Unreadable, VerificationError
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import BAD_INPUT, DOES_NOT_HOLD, case_option, json_option, read_file, show, tools
from trucewatch.log import timestamp as rfc3161
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.ports import Store
from trucewatch.sources.http import PoliteTransport, body_of, host_of, public_url
from trucewatch.stores import Where, open_store

_TRIES, _READ_S = 3, 30.0
"""An authority makes a token in a second or two: it is not waited for as long as a feed, since others can be asked."""
_UNVERIFIED = "who signed it is unverified: give the authority's root with --roots"


@click.command()
@case_option
@click.option("--authority", "urls", multiple=True, metavar="URL", help="Ask this authority. May be given again.")
@click.option(
    "--checkpoint",
    "note",
    type=click.Path(path_type=Path),
    help="The signed checkpoint to stamp, or that --token is about (default: the case's latest).",
)
@click.option("--check", "offline", is_flag=True, help="Ask nobody: verify the case's tokens, or --token, offline.")
@click.option(
    "--roots",
    multiple=True,
    type=click.Path(path_type=Path),
    help="With --check: certificates (PEM or DER) of roots that you trust. May be given again.",
)
@click.option("--token", type=click.Path(path_type=Path), help="With --check: this reply of an authority, a file.")
@json_option
@click.pass_context
def timestamp(
    ctx: click.Context,
    case: Where,
    urls: tuple[str, ...],
    note: Path | None,
    offline: bool,
    roots: tuple[Path, ...],
    token: Path | None,
    as_json: bool,
) -> None:
    """Have the log's head stamped with the time by outside authorities (RFC 3161), or check such stamps offline.

    An authority is sent a hash and nothing else. Ask several: then none of them has to be trusted alone. With --check
    exits 1 where a stamp, or who signed it, does not verify.
    """
    if offline and urls:
        raise InputError("--check asks nobody", field="--authority", expected="the one option or the other")
    if offline:
        found = [_given(token, note)] if token else list(_held(open_store(case), note))
        ctx.exit(_check(found, _roots(roots), as_json))
    if roots or token:
        raise InputError("is for --check only", field="--roots" if roots else "--token")
    if not urls:
        raise InputError("nobody is to be asked", field="--authority", expected="the URL of a timestamp authority")
    ctx.exit(_ask(open_store(case), urls, note, as_json))


def _ask(store: Store, urls: Sequence[str], note: Path | None, as_json: bool) -> int:
    """Ask each authority, keep what was answered well -> exit status."""
    signed = read_file(note) if note else store.log.checkpoint()
    if signed is None:
        raise InputError("the log has no signed checkpoint yet", expected="one, made with: trucewatch log checkpoint")
    head = _head(signed, note)
    names = {url: public_url(url) for url in urls}
    use, way = tools(), PoliteTransport(tries=_TRIES, read_s=_READ_S)
    kept: list[bytes] = []
    stamps: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for url, name in names.items():
        use.tell(f"asking {host_of(url)}")
        try:
            reply, stamp = _answer(way, url, signed)
        except (FetchError, VerificationError) as wrong:
            failed.append({"authority": name, "why": str(wrong)})
        else:
            kept.append(rfc3161.Stamped(name, signed, reply).encode())
            stamps.append(_row(name, head, stamp))
    use.tell.done()  # type: ignore[attr-defined]
    if kept:
        with store.writing():
            commit(store, [("timestamp", body) for body in kept], use.clock, use.maker)
    if stamps or as_json:
        show(
            {"stamps": stamps, "failed": failed}, as_json, [f"{row['authority']}: {_line(row)}; kept" for row in stamps]
        )
    for row in failed:
        click.echo(f"trucewatch: {row['why']}", err=True)
    return 0 if stamps else BAD_INPUT


def _answer(way: PoliteTransport, url: str, signed: bytes) -> tuple[bytes, rfc3161.Stamp]:
    """Ask one authority -> its reply and what that says, held against what was asked."""
    nonce = int.from_bytes(secrets.token_bytes(rfc3161.NONCE_BYTES), "big")
    answer = way.post(url, rfc3161.request(signed, nonce), {"Content-Type": rfc3161.QUERY, "Accept": rfc3161.REPLY})
    reply = body_of(answer, url, "is that the address of a timestamp authority?")
    try:
        return reply, rfc3161.read(reply, signed, nonce)
    except VerificationError as wrong:
        raise VerificationError(f"{host_of(url)}: {wrong}") from None


def _head(signed: bytes, note: Path | None) -> Head:
    try:
        return rfc3161.head_of(signed)
    except VerificationError as wrong:
        if note is None:
            raise CaseBroken(f"the log's checkpoint is none: {wrong}") from None
        raise InputError(f"is no checkpoint: {wrong}", file=str(note)) from None


@dataclass(frozen=True)
class _Found:
    """A token to be checked, and where it lies; name and lines of the case's log, which its checkpoint has to fit."""

    where: str
    stamped: rfc3161.Stamped
    origin: str = ""
    lines: Sequence[bytes] = ()


def _given(token: Path, note: Path | None) -> _Found:
    if note is None:
        raise InputError("what is the token about?", field="--checkpoint", expected="the checkpoint's file")
    signed = read_file(note)
    _head(signed, note)
    return _Found(str(token), rfc3161.Stamped(token.name, signed, read_file(token)))


def _held(store: Store, note: Path | None) -> Iterator[_Found]:
    """The tokens in the log; with a checkpoint's file, those of them that are about it."""
    wanted, lines = read_file(note) if note else None, store.log.lines()
    for n, line in enumerate(lines):
        try:
            entry = Entry.decode(line)
            if entry.kind != "timestamp":
                continue
            stamped = rfc3161.Stamped.decode(store.objects.get(entry.body_hash))
        except VerificationError as wrong:
            raise CaseBroken(f"entry {n}: {wrong}") from None
        except KeyError:
            raise CaseBroken(f"entry {n} (timestamp) has no body in the case") from None
        if wanted in (None, stamped.checkpoint):
            yield _Found(f"entry {n}, {rfc3161.short(stamped.authority)}", stamped, store.log.origin, lines)


def _check(found: list[_Found], roots: Sequence[bytes], as_json: bool) -> int:
    """Verify each token -> exit status. No token at all is no verification either."""
    told: list[dict[str, Any]] = []
    status = 0 if found else DOES_NOT_HOLD
    for at in found:
        base = {"where": at.where, "authority": rfc3161.short(at.stamped.authority), "verified": False}
        try:
            told.append({**base, **_verified(at, roots)})
            status = max(status, 0 if roots else DOES_NOT_HOLD)
        except VerificationError as wrong:
            told.append({**base, "why": str(wrong)})
            status = max(status, BAD_INPUT if isinstance(wrong, Unreadable) else DOES_NOT_HOLD)
    good = [row for row in told if row["verified"]]
    if good or as_json:
        show(told, as_json, [f"{row['where']}: {_line(row)}; verified, signed by {row['signer']}" for row in good])
    for row in told:
        if not row["verified"]:
            claimed = f"{_line(row)}; " if "time" in row else ""
            click.echo(f"trucewatch: {row['where']}: {claimed}{row['why']}", err=True)
    if not told:
        click.echo("trucewatch: (1) there is no timestamp to verify", err=True)
    return status


def _verified(at: _Found, roots: Sequence[bytes]) -> dict[str, Any]:
    """What a token that holds says; without roots, what it claims. VerificationError names the step that failed.

    A checkpoint of another log is held against nothing here; its name is printed.
    """
    signed, reply = at.stamped.checkpoint, at.stamped.token
    stamp = rfc3161.check(reply, signed, None, roots) if roots else rfc3161.read(reply, signed, None)
    head = rfc3161.head_of(signed)
    if at.origin == head.origin:
        rfc3161.of_log(head, at.lines)
    row = _row(rfc3161.short(at.stamped.authority), head, stamp)
    return {**row, "verified": True} if roots else {**row, "why": _UNVERIFIED}


def _roots(paths: Sequence[Path]) -> list[bytes]:
    """The files' bytes, once each is seen to hold certificates."""
    found = [read_file(path) for path in paths]
    for path, raw in zip(paths, found, strict=True):
        try:
            rfc3161.authorities(raw)
        except VerificationError as wrong:
            raise InputError(str(wrong), file=str(path), field="--roots") from None
    return found


def _row(authority: str, head: Head, stamp: rfc3161.Stamp) -> dict[str, Any]:
    return {
        "authority": authority,
        "time": f"{stamp.time:%Y-%m-%dT%H:%M:%SZ}",
        "accuracy_s": None if stamp.accuracy is None else f"{stamp.accuracy.total_seconds():g}",
        "origin": rfc3161.short(head.origin),
        "size": head.size,
        "root": head.root.hex(),
        "serial": str(stamp.serial),
        "policy": stamp.policy,
        "signer": stamp.signer,
    }


def _line(row: dict[str, Any]) -> str:
    exact = f" (give or take {row['accuracy_s']} s)" if row["accuracy_s"] else ""
    return f"{row['time']}{exact}: checkpoint of {row['origin']}, {row['size']} entries, root {row['root'][:SHORT]}"
