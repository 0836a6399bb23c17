"""trucewatch locate arrivals"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.problem import problems
from trucewatch.cli.base import BAD_INPUT, doing, json_option, read_file, show


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--stream",
    is_flag=True,
    help="Each object is a stream of several shots, in which a sensor may stand often: they are told apart first.",
)
@click.option(
    "--level", type=float, default=0.95, show_default=True, help="Chance that each region should hold the place."
)
@click.option(
    "--survey-sd-m", type=float, default=None, help="Error in metres of the surveyed positions that all share."
)
@json_option
def arrivals(file: Path, stream: bool, level: float, survey_sd_m: float | None, as_json: bool) -> None:
    """Arrival times at sensors to places: FILE is a JSON list with one object a happening.

    Each: id, sensors: [{x, y, t, sigma}] in metres and seconds (or lon, lat and times with an offset), temperature_c,
    and where known wind. Gives a list of id, x, y, t, ellipse; a happening without a place says why.
    """
    from trucewatch.locate import ArrivalParams
    from trucewatch.locate.arrivals import locate
    from trucewatch.locate.told import told

    if not 0 < level < 1:
        raise InputError(f"{level:g} is no chance", field="--level", expected="a number between 0 and 1, as 0.95")
    params = replace(ArrivalParams(), level=level)
    if survey_sd_m is not None:
        if not 0 <= survey_sd_m < params.most_axis_m:
            raise InputError(f"{survey_sd_m:g} is no error in metres", field="--survey-sd-m", expected="0 or more")
        params = replace(params, survey_sd_m=survey_sd_m)
    said = _parsed(file)
    happenings, rows, wrong = told(said, file.name, stream)
    if not said:
        raise InputError("holds no happening", file=file.name, expected='[{"id": ..., "sensors": [...]}, ...]')
    with doing(f"locating {happenings.height:,} happenings"):
        if stream:
            from trucewatch.locate.stream import told_apart

            happenings, rows, left = told_apart(happenings, rows, model=params)
            wrong = pl.concat([wrong, _unexplained(left, file.name)])
        located, lost = locate(happenings, rows, params)
    answers = _answers(happenings, located, lost)
    noted = pl.concat([wrong, lost]) if lost.height else wrong
    for where, subject, message in noted.select("where", "subject", "message").rows():
        field = f", {subject}" if subject and subject not in message and not where.startswith("happening") else ""
        click.echo(f"trucewatch: {where}{field}: {message}", err=True)
    show(answers, as_json, [_line(answer) for answer in answers])
    if (answers and not located.height) or (noted["lost"].any() and not answers):
        click.get_current_context().exit(BAD_INPUT)


def _unexplained(left: pl.DataFrame, file: str) -> pl.DataFrame:
    """One line for each stream whose arrivals no shot explains."""
    rows = left.group_by("happening", maintain_order=True).agg(n=pl.len(), sensor=pl.col("sensor").n_unique()).rows()
    return problems(
        (f"{file}, happening {at + 1}", "unexplained", "sensors", f"{n} arrivals at {k} sensors are of no shot", False)
        for at, n, k in rows
    )


def _parsed(file: Path) -> Any:
    raw = read_file(file)
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as wrong:
        raise InputError(f"is not JSON: {wrong.msg}", file=file.name, row=f"line {wrong.lineno}") from None
    except (UnicodeDecodeError, RecursionError):
        raise InputError("is not JSON", file=file.name, expected="a list of happenings in UTF-8") from None


def _answers(happenings: pl.DataFrame, located: pl.DataFrame, lost: pl.DataFrame) -> list[dict[str, Any]]:
    """A place, or why there is none, for each happening of the file in its order."""
    reasons = iter(lost["message"].to_list())
    made = happenings.join(located, on="happening", how="left", maintain_order="left")
    return [_answer(row, reasons) for row in made.iter_rows(named=True)]


def _answer(row: dict[str, Any], reasons: Any) -> dict[str, Any]:
    names = ("lon", "lat") if row["degrees"] else ("x", "y")
    digits = 7 if row["degrees"] else 3
    about: dict[str, Any] = {"id": row["id"]} | ({"phase": row["phase"]} if row["phase"] else {})
    if row["x"] is None:
        return {**about, names[0]: None, names[1]: None, "t": None, "ellipse": None, "problem": next(reasons)}
    made = {
        **about, names[0]: round(row["x"], digits), names[1]: round(row["y"], digits),
        "t": _time(row["t"], row["dated"]),
        "ellipse": {
            "semi_major_m": round(row["semi_major_m"], 3), "semi_minor_m": round(row["semi_minor_m"], 3),
            "angle_deg": round(row["angle_deg"], 2), "level": row["level"],
        },
        "t_sd_s": round(row["t_sd_s"], 5), "given": row["given"], "agreeing": round(row["agreeing"], 2),
        "set_aside": row["set_aside"],
    }  # fmt: skip
    if row["rival_p"] is not None:
        other = (round(row["rival_x"], digits), round(row["rival_y"], digits), round(row["rival_p"], 3))
        made["rival"] = dict(zip((*names, "p"), other, strict=True))
    return made


def _time(t: float, dated: bool) -> float | str:
    if not dated:
        return round(t, 6) + 0.0  # no minus before nought
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=t)).isoformat(timespec="milliseconds")


def _line(answer: dict[str, Any]) -> str:
    named = answer["id"] + (f" ({answer['phase']})" if "phase" in answer else "")
    if answer["ellipse"] is None:
        return f"{named}: no place: {answer['problem']}"
    x, y = ("lon", "lat") if "lon" in answer else ("x", "y")
    shape = answer["ellipse"]
    other = answer.get("rival")
    rival = f"; or {x} {other[x]} {y} {other[y]} (chance {other['p']:.2f})" if other else ""
    aside = f"; set aside: {', '.join(answer['set_aside'])}" if answer["set_aside"] else ""
    return (
        f"{named}: {x} {answer[x]} {y} {answer[y]} t {answer['t']}; {shape['level']:.0%} ellipse "
        f"{shape['semi_major_m']:.1f} by {shape['semi_minor_m']:.1f} m, longer axis {shape['angle_deg']:.0f} deg "
        f"from east, {answer['agreeing']:.1f} of {answer['given']} arrivals agree{rival}{aside}"
    )
