"""trucewatch witness init"""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from trucewatch.log.note import COSIGNED_ML_DSA, SEED_BYTES
from trucewatch.stores.witness import PosixWitness, make_witness


@click.command()
@click.argument("folder", metavar="WITNESS", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="The witness's name, one word, for good; such as example.org/w1.")
@click.option("--ml-dsa", is_flag=True, help="Also make an ML-DSA-44 key, which a quantum computer would not break.")
def init(folder: Path, name: str, ml_dsa: bool) -> None:
    """Make a witness in WITNESS, a new or empty folder, and print its lines for a trust policy.

    The private keys stay in the folder. Guard it: whoever has them can sign anything in this witness's name.
    """
    made = make_witness(folder, name, lambda: secrets.token_bytes(SEED_BYTES), ml_dsa)
    click.echo("\n".join(policy_lines(made)))


def policy_lines(witness: PosixWitness) -> list[str]:
    """A witness -> its lines for a trust policy. Two keys are a group, so that one voice is counted once."""
    names = [f"{witness.name}.ml-dsa" if key.kind == COSIGNED_ML_DSA else witness.name for key in witness.vkeys]
    lines = [f"witness {name} {key.encode()}" for name, key in zip(names, witness.vkeys, strict=True)]
    return lines if len(names) == 1 else [*lines, f"group {witness.name}.any any {' '.join(names)}"]
