"""trucewatch log consistency"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.base.errors import InputError, Unreadable, VerificationError
from trucewatch.cli.base import json_option, read_file, show
from trucewatch.cli.log.common import keys_of, trust_option, write_new
from trucewatch.copies import Copy, compare
from trucewatch.log import tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.note import Note, VKey
from trucewatch.log.split import verify_split
from trucewatch.proving import announced, entries_of, steady
from trucewatch.stores import Where, is_case, open_store, place


@click.command()
@click.argument("copies", nargs=-1, metavar="A B")
@click.option("--key", "words", multiple=True, metavar="VKEY", help="A key of the log. May be given again.")
@trust_option()
@click.option("--out", type=click.Path(path_type=Path), help="Where the proof of a split view goes, a new file.")
@click.option("--check", type=click.Path(path_type=Path), help="Check such a proof instead, with --key or --trust.")
@json_option
@click.pass_context
def consistency(
    ctx: click.Context,
    copies: tuple[str, ...],
    words: tuple[str, ...],
    trust: Path | None,
    out: Path | None,
    check: Path | None,
    as_json: bool,
) -> None:
    """Do two copies of a log show one history? A and B are cases, folders of a log, or files with a checkpoint.

    Where the log signed two histories, that is printed as a proof that anybody can check with --check, trusting none
    of us. Exits 0 where one copy extends the other, 1 where they are two histories, 2 where it cannot be told.
    """
    keys, given = keys_of(words, trust), bool(words or trust)
    if check is not None:
        _check(check, keys, as_json)
        return
    if len(copies) != 2:
        raise InputError("two copies are compared", field="A B", expected="two cases, folders of a log or checkpoints")
    one, other = (_copy(place(word)) for word in copies)
    try:
        found = compare(one, other, keys if given else _announced([place(word) for word in copies], one, other))
    except VerificationError as wrong:  # not an answer: files that contradict each other tell of no history
        raise InputError(str(wrong), expected="copies that hold; trucewatch log fsck names what is wrong") from None
    told: dict[str, object] = {"one_history": found.one_history, "says": found.says}
    told["proof"] = None if out is None else str(out)
    told["left_out"] = list(found.left_out)
    lines = [found.says, *found.left_out]
    if found.split is not None:
        if out is not None:
            write_new(out, found.split.encode())
        lines.append(f"proof: {out}" if out else found.split.encode().decode().rstrip())
        told["proof"] = str(out) if out else found.split.encode().decode()
        if not given:
            lines.append("the key is one that the copies themselves announce; hold it against one that you were given")
    elif found.one_history is False:
        lines.append("this is no proof to others: not both histories were signed with a key that was given")
    show(told, as_json, lines)
    if found.one_history is not True:
        ctx.exit(1 if found.one_history is False else 2)


def _check(path: Path, keys: list[VKey], as_json: bool) -> None:
    if not keys:
        raise InputError("whose signatures?", field="--check", expected="--key VKEY or --trust POLICY with it")
    older, newer = verify_split(read_file(path), keys)
    told = {
        "split_view": True, "log": older.origin,
        "older": [older.size, older.root.hex()], "newer": [newer.size, newer.root.hex()],
    }  # fmt: skip
    says = f"verified: the log {older.origin} signed two histories, of {older.size} and of {newer.size} entries"
    show(told, as_json, [says, f"  {older.size}: {older.root.hex()}", f"  {newer.size}: {newer.root.hex()}"])


def _announced(places: list[Where], one: Copy, other: Copy) -> list[VKey]:
    """Without keys from elsewhere: those that the cases among the copies announce. Of two cases that part, only those
    that both announce: neither may name keys of its own against the other."""
    stores = [open_store(at) for at in places if is_case(at)]
    found = [announced(store, entries_of(store)) for store in stores]
    keys = list(dict.fromkeys(key for keys in found for key in keys))
    if len(found) < 2 or _extends(one, other):
        return keys
    return [key for key in keys if all(key in keys for keys in found)]


def _extends(one: Copy, other: Copy) -> bool:
    try:
        return compare(one, other, ()).one_history is True
    except VerificationError:
        return False


def _copy(where: Where) -> Copy:
    """A case, a folder that holds a log's files, or a checkpoint's file -> what is held of the log."""
    if is_case(where):
        store = open_store(where)
        log = store.log
        # The head last: where others write meanwhile, no checkpoint is of more entries than it has.
        raws = [raw for size in log.checkpoints() if (raw := log.checkpoint(size))]
        head = log.head()
        return Copy(store.where, Head(head.origin, head.size, head.root), tuple(raws), steady(log), head.size)
    path = Path(where)
    at = path / "checkpoint" if path.is_dir() else path
    raw = read_file(at)
    try:
        head = Head.decode(Note.decode(raw).text)
    except Unreadable as wrong:
        raise Unreadable(f"{at}: {wrong}") from None
    if not path.is_dir():
        return Copy(str(path), head, (raw,))
    return Copy(str(path), head, (raw,), _files(path), head.size)


def _files(folder: Path) -> tiles.Files:
    """The files of a log that lie in a folder, as C2SP tlog-tiles has them."""

    def file(name: str) -> bytes:
        tile = tiles.Tile.parse(name)
        try:
            return (folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            pass
        full = tiles.Tile(tile.level, tile.index)
        try:  # where the partial one was outgrown, the full one says the same
            raw = (folder / full.path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise KeyError(name) from None
        return tiles.cut(raw, full, tile.width)

    return file
