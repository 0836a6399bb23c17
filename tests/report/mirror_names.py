"""Exchange the invented parties in a row."""

from __future__ import annotations

SWAP = {"Aaland": "Beeland", "Beeland": "Aaland"}


def exchanged(row: dict) -> dict:
    """The row with the other party's name in each place."""
    return {name: SWAP.get(value, value) if isinstance(value, str) else value for name, value in row.items()}
