"""Files in, files out: the list of corridors -> agreements; a case that judged them -> answers.

python corridors.py agreements LIST.csv FOLDER     writes an agreement for each who-proposed-it; prints their files
python corridors.py answers LIST.csv CASE          prints a line a corridor, writes CASE/corridors.csv and .md
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import polars as pl
import yaml
from corridor_answers import answers
from corridor_page import line, page, sums, totals
from corridor_rows import PARTIES, Corridor, Point, Problem, Row, agreements, corridors, same

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.base.errors import TrucewatchError
from trucewatch.cli.base import tools
from trucewatch.stores import open_store

FIRST = 140
"""The list was worked out to this row; later ones have not been read by anybody here."""
PLACES = Path(__file__).with_name("places.csv")


def read_rows(file: Path) -> list[Row]:
    """The first rows of a CSV in UTF-8."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))[:FIRST]


def read_places(file: Path) -> dict[str, Point | None]:
    """Names whose point in the list is another place -> a better point; None where we have none."""
    return {
        row["name"]: (float(row["lon"]), float(row["lat"])) if row["lon"] and row["lat"] else None
        for row in read_rows(file)
    }


def read(file: Path) -> tuple[list[Corridor], list[Problem]]:
    """The list -> corridors, problems."""
    return corridors(read_rows(file), read_places(PLACES))


def write_agreements(file: Path, folder: Path) -> None:
    """One YAML file an agreement."""
    made, problems = read(file)
    folder.mkdir(parents=True, exist_ok=True)
    for name, agreement in agreements(made).items():
        told = yaml.safe_dump(agreement, sort_keys=False, allow_unicode=True, width=120)
        (folder / f"{name}.yaml").write_text(told, encoding="utf-8")
        print(folder / f"{name}.yaml")
    told = f"corridors.py: {len(made) + len(problems)} rows in, {len(made)} terms, {len(problems)} problems"
    print(told, file=sys.stderr)
    for problem in problems:
        print(f"  row {problem.row}: {problem.says}", file=sys.stderr)


def write_answers(file: Path, case: Path) -> None:
    """What the case holds -> the lines, the table and the page."""
    made, problems = read(file)
    formal = {party["id"]: party["name"] for party in PARTIES}
    names = {one.id: name for name, text in agreements(made).items() for one in made if _holds(text, one)}
    told = pl.DataFrame(
        {
            "row": one.row, "agreement": names[one.id], "term": one.id, "date": one.day, "from": one.start,
            "to": one.end, "proposed": formal.get(one.by, one.by), "reported": one.reported,
            "hours": one.hours.because, "places": one.placed,
        }
        for one in made
    )  # fmt: skip
    store, use = open_store(case), tools()
    fused = pipeline.fuse(store, use)
    judged = [pipeline.assess(store, use, name).tables for name in sorted(set(names.values()))]
    use.tell.done()  # type: ignore[attr-defined]
    terms, findings = (pl.concat([tables[name] for tables in judged]) for name in ("terms", "findings"))
    lines = answers(told, terms, findings, fused.tables["incidents"], know(store).table(store, "looks"))
    notes = [
        f"{len(made) + len(problems)} rows in, {len(made)} terms, {len(problems)} problems; {same(made)} rows tell of "
        "a corridor that a row before tells of too, of the same day.",
        *(f"{n} rows: places {word}." for word, n in lines["places"].value_counts().sort("places").rows()),
        *(f"{n} rows: {word}." for word, n in lines["hours"].value_counts().sort("hours").rows()),
        *(f"row {problem.row} is no term: {problem.says}." for problem in problems),
    ]
    lines.write_csv(case / "corridors.csv")
    (case / "corridors.md").write_text(page(lines, notes), encoding="utf-8")
    print("\n".join(line(row) for row in lines.iter_rows(named=True)))
    print("", totals(lines), "", *sums(lines), *(f"- {note}" for note in notes), sep="\n")


def _holds(agreement: dict[str, object], one: Corridor) -> bool:
    terms = agreement["terms"]
    return isinstance(terms, list) and any(term["id"] == one.id for term in terms)


def main(words: list[str]) -> int:
    """Arguments -> exit status: 2 where they are wrong, or a file is."""
    jobs = {"agreements": write_agreements, "answers": write_answers}
    if len(words) != 3 or words[0] not in jobs:
        print("corridors.py: expected agreements LIST.csv FOLDER, or answers LIST.csv CASE", file=sys.stderr)
        return 2
    try:
        jobs[words[0]](Path(words[1]), Path(words[2]))
    except (TrucewatchError, OSError, UnicodeDecodeError) as wrong:
        print(f"corridors.py: {wrong}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
