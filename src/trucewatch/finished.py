"""Floor 4: the finished files that lie in a case, held to the entries of the runs that made them."""

from __future__ import annotations

from trucewatch.archive import Known
from trucewatch.base.errors import CaseBroken
from trucewatch.base.ids import sha256
from trucewatch.reporting import report_folder


def finished(known: Known, name: str, raw: bytes) -> str:
    """A finished file of the case, by its name there -> a note where a newer one was made of that level, else empty.

    CaseBroken where no entry says that it was made, or where it lies in the place of another level.
    """
    pairs = zip(known.run_at, known.runs, strict=True)
    runs = [(n, run) for n, run in pairs if run["room"] == "report"]
    sha, folder = sha256(raw), name.rpartition("/")[0]
    made = [(n, run) for n, run in runs if sha in run["outputs"].values()]
    if not made:
        raise CaseBroken(f"{name} is no file that the log says was made: it was changed, or made elsewhere")
    here = [(n, run) for n, run in made if report_folder(run["level"]) == folder]
    if not here:
        n, run = made[-1]
        told = "a restricted file lies where the public one belongs"
        if (run["level"], folder) != ("restricted", report_folder("public")):
            told = f"a file of level {run['level']} lies where it does not belong"
        raise CaseBroken(f"{name}: {told}; it was made by entry {n}")
    n, run = here[-1]
    called = {of for of, held in run["outputs"].items() if held == sha}  # as its own run has it
    newest = max(other for other, held in runs if held["level"] == run["level"] and called & held["outputs"].keys())
    return f"{name} is of entry {n}, superseded by entry {newest}" if n < newest else ""
