"""trucewatch log fsck"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch import fsck as checks
from trucewatch.base.errors import CaseBroken, InputError, Unreadable
from trucewatch.cli.base import Progress, WallClock, case_option, json_option, moment, read_file, show
from trucewatch.cli.log.common import policy_of, trust_option
from trucewatch.log.checkpoint import Head
from trucewatch.log.note import Note
from trucewatch.log.policy import NONE
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@trust_option()
@click.option("--since", help="Cosignatures before this time do not count: with --trust, a log that was set back to an "
              "old head is refused.")  # fmt: skip
@click.option("--head", type=click.Path(path_type=Path), metavar="CHECKPOINT", help="A checkpoint of this log that "
              "somebody kept: the log must extend it.")  # fmt: skip
@json_option
@click.pass_context
def fsck(
    ctx: click.Context, case: Where, trust: Path | None, since: str | None, head: Path | None, as_json: bool
) -> None:
    """Derive the whole log again from its bytes and hold every file of the case to it. Exits 0 clean, 1 not.

    With --trust, signed checkpoints must be signed as that policy says; without, by keys that the log announces. A log
    that was set back to an older signed head is seen with --since, or with --head.
    """
    policy, progress = policy_of(trust) if trust else None, Progress()
    if since is not None and (policy is None or policy.quorum == NONE):
        raise InputError("whose cosignatures?", field="--since", expected="--trust POLICY, with a quorum of witnesses")
    kept = _checkpoint(head) if head else None
    asked = checks.Asked(WallClock().now(), moment(since, "--since"), kept, progress)
    try:
        found = checks.fsck(open_store(case), policy, asked)
    except CaseBroken as wrong:  # what says that this is a case is one of its files, too
        found = [("case", False, str(wrong))]
    finally:
        progress.done()
    told = [{"check": what, "well": well, "says": says} for what, well, says in found]
    show(told, as_json, [f"{'well' if well else 'AILS':5} {what}: {says}" for what, well, says in found])
    if not all(well for _, well, _ in found):
        ctx.exit(1)


def _checkpoint(path: Path) -> bytes:
    """A checkpoint's file -> its bytes. Unreadable names the file."""
    raw = read_file(path)
    try:
        Head.decode(Note.decode(raw).text)
    except Unreadable as wrong:
        raise Unreadable(f"{path}: {wrong}") from None
    return raw
