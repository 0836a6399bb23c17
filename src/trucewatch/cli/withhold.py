"""trucewatch withhold"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import by_option, case_option, json_option, show, tools, words
from trucewatch.stores import Where, lies_in, open_store
from trucewatch.stores.files import write_whole
from trucewatch.withhold import withhold as withhold_capture


@click.command()
@click.argument("capture")
@case_option
@by_option
@click.option(
    "--why",
    required=True,
    callback=words,
    help="The reason. This reason is public: every later report prints it, and who gave it, word for word.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FOLDER",
    help="First copy salt, bytes and tables to this new or empty folder, for whoever may still hold them.",
)
@json_option
def withhold(capture: str, case: Where, by: str | None, why: str, keep: Path | None, as_json: bool) -> None:
    """Withhold CAPTURE (the start of its id, or its entry's number): its bytes and all that was made of them go.

    Its entries stay, and every proof still holds. Who withheld it, when and why is an entry, and stands in every
    report at every level: name nobody in it who must not be known. What was interrupted is finished by doing it again.
    """
    store = open_store(case)
    if keep is not None and lies_in(keep, case):
        raise InputError("lies in the case", field="--keep", expected="a folder outside it")
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise InputError("holds something already", field="--keep", expected="a new or an empty folder")

    def copy(files: Mapping[str, bytes]) -> None:
        assert keep is not None
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, raw in files.items():
            write_whole(keep / name, raw)

    done = withhold_capture(store, capture, why, tools(by), copy if keep is not None else None)
    told = {
        "new": done.new,
        "withheld": [{"capture": w.capture, "entry": w.entry, "by": w.by, "why": w.why} for w in done.withheld],
        "dropped": done.dropped,
        "reports": done.reports,
        "kept": str(keep) if keep is not None else None,
    }
    lines = [f"capture {w.capture[:SHORT]} {w.says}" for w in done.withheld]
    finished = "finished now" if done.dropped else "nothing was left to do"
    lines.append(f"{done.dropped} files were let go{'' if done.new else f'; it was withheld already, {finished}'}")
    if done.reports:
        entries = ", ".join(map(str, done.reports))
        lines.append(f"reports made of it before are not taken back by this: entries {entries}")
    show(told, as_json, lines)
