"""Everything that Trucewatch raises.

    TrucewatchError
    |-- InputError            what somebody gave us cannot be used: file, row, field, what was expected
    |   |-- UnknownName       no source, mapping, party, ... of that name; names the nearest
    |   `-- AgreementError    an agreement's file is not one
    |       `-- AgreementFaults   several faults of one file, a line each
    |-- CaseError             the case folder cannot serve
    |   |-- NotACase          there is no case there
    |   |-- CaseBusy          another process is writing
    |   |-- CaseBroken        its bytes do not agree with its log
    |   `-- Withheld          what is asked for was withheld: says by whom, when and why
    |-- FetchError            the outside did not answer as its documentation says
    |-- TableError            a table breaks its contract: a fault of ours, not of the world's
    `-- VerificationError     evidence does not hold; names the first step that failed
        `-- Unreadable        it is not even of the form that evidence has

A fault of the world inside a file that can otherwise be read is a row of the
`problems` table, never an exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TrucewatchError(Exception):
    """The root of everything raised here; its text is one line, fit to print."""


class InputError(TrucewatchError):
    """Something given to us cannot be used.

    >>> print(InputError("is empty", file="fires.csv", expected="a header line and rows"))
    fires.csv: is empty; expected a header line and rows
    >>> print(InputError("is before since", file="a.yaml", row="line 9", field="until"))
    a.yaml, line 9, until: is before since
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | None = None,
        row: str | int | None = None,
        field: str | None = None,
        expected: str | None = None,
    ) -> None:
        self.what, self.file, self.row, self.field, self.expected = what, file, row, field, expected
        place = ", ".join(part for part in (file, f"row {row}" if isinstance(row, int) else row, field) if part)
        text = f"{place}: {what}" if place else what
        super().__init__(" ".join((f"{text}; expected {expected}" if expected else text).split()))


def nearest(name: str, known: Iterable[str]) -> str:
    """A name that is none of ours -> the question whether the nearest of ours is meant; nothing where none is near.

    >>> nearest("temprature_c", ["temperature_c", "wind"])
    "; did you mean 'temperature_c'?"
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


class UnknownName(InputError):
    """There is nothing of that name. meant: what is meant by a word that is near to none of them in letters.

    >>> print(UnknownName("source", "firm", ["firms", "ucdp"]))
    there is no source 'firm'; did you mean 'firms'? (there are: firms, ucdp)
    """

    def __init__(self, noun: str, name: str, known: Iterable[str], *, meant: str | None = None, **where: str) -> None:
        names = sorted(known)
        near = [meant] if meant else difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        self.nearest = near[0] if near else None
        hint = f"; did you mean {near[0]!r}?" if near else ""
        listed = f" (there are: {', '.join(names)})" if names else " (there are none)"
        super().__init__(f"there is no {noun} {name!r}{hint}{listed}", **where)


class AgreementError(InputError):
    """An agreement's file says something that cannot be an agreement."""


class AgreementFaults(AgreementError):
    """All faults of an agreement's file; its text is a line for each, in the order of the file."""

    def __init__(self, faults: Iterable[InputError]) -> None:
        self.faults = sorted(faults, key=_line)
        super().__init__(f"{len(self.faults)} faults")
        self.args = ("\n".join(str(fault) for fault in self.faults),)


def _line(fault: InputError) -> int:
    return int("".join(filter(str.isdigit, str(fault.row or ""))) or 0)


class CaseError(TrucewatchError):
    """The case folder cannot serve."""


class NotACase(CaseError):
    """There is no case at that place."""


class CaseBusy(CaseError):
    """Another process is writing to the case."""


class CaseBroken(CaseError):
    """The case's bytes do not agree with its log."""


class Withheld(CaseError):
    """The bytes were withheld on purpose. The text says what, by whom, when and why, and which entry says so."""


class FetchError(TrucewatchError):
    """The outside did not answer as its documentation says it would."""


class TableError(TrucewatchError):
    """A table does not keep its contract."""


class VerificationError(TrucewatchError):
    """Evidence does not hold. The text starts with the step that failed, as `(3)`."""


class Unreadable(VerificationError):
    """What should be evidence is not of its form: a note, a key, a proof or a policy that cannot be read."""
