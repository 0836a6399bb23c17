"""trucewatch log verify"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.base.errors import InputError, VerificationError
from trucewatch.cli.base import WallClock, json_option, moment, read_file, show
from trucewatch.cli.log.common import policy_of, trust_option
from trucewatch.log.policy import NONE
from trucewatch.log.verify import verify_evidence


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--proof", required=True, type=click.Path(path_type=Path), help="The proof, as `log prove` wrote it.")
@trust_option(required=True)
@click.option("--entry-only", is_flag=True, help="Verify the entry alone, where the bytes were withheld.")
@click.option(
    "--since", help="Cosignatures before this time do not count: an old checkpoint cannot pass for a new one."
)
@json_option
def verify(file: Path | None, proof: Path, trust: Path, entry_only: bool, since: str | None, as_json: bool) -> None:
    """Verify that a log which you trust commits to FILE. It takes the file, the proof and the public keys; no case.

    Exits 1 where it does not verify, naming the step that failed, and 2 where something cannot be read.
    """
    if (file is None) != entry_only:
        raise InputError("what shall be verified?", field="FILE", expected="a file, or --entry-only, and not both")
    policy = policy_of(trust)
    raw = read_file(file) if file else None
    try:
        shown = verify_evidence(raw, read_file(proof), policy, WallClock().now(), moment(since, "--since"))
    except VerificationError as wrong:
        if as_json:
            show({"verified": False, "why": str(wrong)}, as_json, [])
        raise
    head, entry = shown.trusted.head, shown.entry
    told = {
        "verified": True,
        "log": head.origin,
        "entry": shown.index,
        "kind": entry.kind,
        "file": shown.file,
        "made_at": entry.made_at.isoformat(),
        "size": head.size,
        "root": head.root.hex(),
        "witnesses": {name: when.isoformat() for name, when in sorted(shown.trusted.witnesses.items())},
        "quorum": policy.quorum,
    }
    show(told, as_json, _lines(told, str(file) if file else "the entry"))


def _lines(told: dict, what: str) -> list[str]:  # type: ignore[type-arg]
    seen = [f"  witness {name} saw this history, and no other, at {when}" for name, when in told["witnesses"].items()]
    return [
        f"verified: {what}",
        f"  it is {told['file']}: entry {told['entry']} ({told['kind']}) of the log {told['log']}",
        f"  entered, by the log's own clock, at {told['made_at']}; in the tree of {told['size']} entries",
        f"  root {told['root']}, signed by the log",
        *seen,
        "  your policy asks for no witness" if told["quorum"] == NONE else f"  the quorum {told['quorum']!r} is met",
    ]
