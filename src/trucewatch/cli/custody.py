"""trucewatch custody"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch import custody as chains
from trucewatch.archive import Known, know
from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT
from trucewatch.bundle import Item, hand_out
from trucewatch.cli.base import as_of_option, by_option, case_option, json_option, show, tools, words
from trucewatch.ports import Store
from trucewatch.stores import Where, lies_in, open_store
from trucewatch.stores.files import write_whole

_BY_HAND = ("read", "exported", "handed")


@click.command()
@click.argument("capture")
@case_option
@click.option("--record", "act", type=click.Choice(_BY_HAND), default=None, help="Enter that somebody did this.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Write the original bytes to this new file; that they were exported is entered first.",
)
@by_option
@click.option("--to", default=None, metavar="WHOM", callback=words, help="To whom it was exported or handed over.")
@click.option("--why", default=None, metavar="TEXT", callback=words, help="What for.")
@as_of_option
@json_option
def custody(
    capture: str,
    case: Where,
    act: str | None,
    out: Path | None,
    by: str | None,
    to: str | None,
    why: str | None,
    as_of: int | None,
    as_json: bool,
) -> None:
    """Print the chain of custody of CAPTURE (the start of its id, or its entry's number), each link verified.

    Who fetched or imported it, what was read from it, who read, exported or was handed it, who withheld it.
    """
    store = open_store(case)
    act = _act(act, out, by, to, why, as_of)
    if out is not None and lies_in(out, case):
        raise InputError("lies in the case", field="--out", expected="a file outside it")
    if act is not None:
        known = know(store)
        name = known.capture_named(capture)
        if out is None:
            chains.record(store, tools(by), act, [name], to, why)
        else:
            raw = _exportable(store, known, name, out)
            hand_out(store, tools(by), [Item(out.name, known.at[name], raw, name)], to, why)
            write_whole(out, raw)
    item, links = chains.chain(store, capture, as_of)
    told = [{"entry": k.entry, "when": k.when, "what": k.what, "verified": k.verified} for k in links]
    lines = [f"capture {item.id[:SHORT]}, {item.name}, licence: {item.licence}"]
    for k in links:
        lines += [f"{k.entry:6}  {k.when} UTC  {k.what}", f"        verified: {k.verified}"]
    show({"capture": item.id, "chain": told}, as_json, lines)


def _act(
    act: str | None, out: Path | None, by: str | None, to: str | None, why: str | None, as_of: int | None
) -> str | None:
    """What is to be entered, if anything; InputError where the options do not belong together."""
    if out is not None and act not in (None, "exported"):
        raise InputError(f"writing the bytes to a file is no {act!r}", field="--out", expected="--record exported")
    act = "exported" if out is not None else act
    if act is None:
        if told := [name for name, value in (("--to", to), ("--why", why)) if value is not None]:
            raise InputError("nothing is entered", field=told[0], expected="--record or --out with it")
        return None
    if as_of is not None:
        raise InputError("what is entered now comes after every entry", field="--as-of", expected="it alone")
    if by is None:
        raise InputError("nobody is named", field="--by", expected=f"who {act} it")
    if act == "handed" and to is None:
        raise InputError("nobody is named", field="--to", expected="to whom it was handed")
    return act


def _exportable(store: Store, known: Known, capture: str, out: Path) -> bytes:
    """The bytes, before anything is entered: they are there, and so is room for the file."""
    raw = known.captured(store, capture)[1]
    if out.exists():
        raise InputError("is there already", file=str(out), expected="a new file")
    if not out.parent.is_dir():
        raise InputError("there is no such folder", file=str(out.parent))
    return raw
