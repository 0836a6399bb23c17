"""trucewatch settle keep"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch import settling
from trucewatch.base.errors import InputError, TableError
from trucewatch.cli.base import PLACE, as_of_option, json_option, show, tools
from trucewatch.cli.cover.common import asked_of, params_of, what_options
from trucewatch.cli.report import level_option
from trucewatch.cli.settle.common import read_text, rows
from trucewatch.cli.tabled import need, table_file, why
from trucewatch.detecting import USUAL, Watching, likely, noticing
from trucewatch.settle import Keep, SettleParams, best_in_all, best_looks, keepings, look_values, stakes
from trucewatch.stores import open_store
from trucewatch.tables import EXPOSURE


@click.command()
@click.argument("file", metavar="STAKES", type=click.Path(path_type=Path))
@click.option(
    "--exposure", "exposure_file", type=click.Path(path_type=Path), default=None, metavar="TABLE",
    help="What cover makes of looks: Parquet or CSV with cell, t0, t1, source, p_noticed.",
)  # fmt: skip
@click.option(
    "--case",
    type=PLACE,
    default=None,
    help="Take what cover makes of the case's looks; enter STAKES and the answer.",
)
@what_options
@as_of_option
@level_option
@click.option(
    "--watched", "watched_file", type=click.Path(path_type=Path), default=None, metavar="TABLE",
    help="What watch alarms knows as usual: Parquet or CSV with series (a cell), mean, mean_used, k, k_used. With "
    "--case: its newest watch.",
)  # fmt: skip
@click.option(
    "--arl-years", type=float, default=10.0, show_default=True,
    help="With --watched: one false alarm in so many years, all series together.",
)  # fmt: skip
@click.option(
    "--add",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Name the N looks that together buy most at the weakest place, and one after the other in all.",
)
@json_option
def keep(file: Path, level: str, add: int | None, as_json: bool, **words: Any) -> None:
    """Would they keep it: for each obligation in STAKES, whether the chance that a breach is noticed in time, taken
    from cover and watch as they are, makes keeping the better choice; and what each look buys.

    STAKES is a YAML file of what is at stake, which somebody answers for. It predicts nobody. The options from --since
    to --cell-km are those of `cover`, and are heeded with --case.
    """
    weighed = _in_case(file, level, words) if words["case"] is not None else _of_files(file, words)
    if add is not None and weighed.exposure is None:
        raise InputError("the value of a look needs cover", field="--exposure", expected="a table of exposure")
    if add is not None and level != "restricted":
        raise InputError("what a look buys is restricted", field="--add", expected="--level restricted")
    result = told(weighed, level, add)
    show(result, as_json, _lines(result))


@dataclass(frozen=True)
class Weighed:
    """What the answer is made of; likely: where acts usually are."""

    made: Keep
    exposure: pl.DataFrame | None
    keepings: pl.DataFrame
    likely: dict[int, float] | None


def _in_case(file: Path, level: str, words: Mapping[str, Any]) -> Weighed:
    """STAKES and the case's looks -> the answer; both runs and the stakes are entered."""
    if words["exposure_file"] is not None:
        raise InputError("takes no table beside a case", field="--exposure", expected="either of --case and --exposure")
    if words["watched_file"] is not None:
        raise InputError("takes no table beside a case", field="--watched", expected="either of --case and --watched")
    use = tools()
    given = read_text(file), str(file)
    kept = settling.keep(open_store(words["case"]), use, given, asked_of(words), level, params_of(words))
    use.tell.done()  # type: ignore[attr-defined]
    return Weighed(kept.made, kept.seen.tables["exposure"], kept.run.tables["keepings"], kept.likely)


def _of_files(file: Path, words: Mapping[str, Any]) -> Weighed:
    """STAKES, --exposure and --watched -> the answer."""
    made, params, watch = stakes(read_text(file), str(file)), SettleParams(), None
    exposure = None if words["exposure_file"] is None else table_of(words["exposure_file"])
    if words["watched_file"] is not None:
        if exposure is None:
            raise InputError("needs cover beside it", field="--watched", expected="--exposure TABLE")
        if not words["arl_years"] > 0:
            raise InputError(f"is {words['arl_years']:g}", field="--arl-years", expected="years above 0")
        watch = Watching(watched_of(words["watched_file"]), words["arl_years"])
    table = keepings(made, exposure, noticing(made, exposure, watch, 0.0))
    return Weighed(made, exposure, table, likely(exposure, watch, 0.0, params))


def told(weighed: Weighed, level: str, add: int | None) -> dict[str, Any]:
    """The result at a release level: below `restricted` only what it takes, and nothing of who looks where."""
    made, exposure, where = weighed.made, weighed.exposure, weighed.likely
    result: dict[str, Any] = {"keep": made.id, "title": made.title, "level": level}
    if level != "restricted":
        kept = weighed.keepings.select("obligation", "party", "game", "needed_low", "needed_high")
        result["needed"] = rows(finite(kept))
        result["held_back"] = "whether cover suffices, where it is least, and what a look buys: --level restricted"
        return result
    result["keepings"] = rows(finite(weighed.keepings))
    if exposure is not None:
        result["looks"] = rows(look_values(made, exposure, where))
        if add is not None:
            mapped = [one for one in made.obligations if one.noticed is None]
            result["best"] = [
                {"obligation": one.id, "looks": list(best_looks(made, one, exposure, add))} for one in mapped
            ]
            result["best_in_all"] = [
                {"obligation": one.id, **asdict(step)}
                for one in mapped
                for step in best_in_all(made, one, exposure, add, where)
            ]
    return result


def finite(table: pl.DataFrame) -> pl.DataFrame:
    """JSON has no infinity: null is more than any chance."""
    sides = [name for name in ("needed_low", "needed_high") if name in table.columns]
    return table.with_columns(pl.when(pl.col(side).is_finite()).then(side).alias(side) for side in sides)


_NEEDED, _BOUNDS = ("cell", "t0", "t1", "source", "p_noticed"), ("low", "high")


def table_of(path: Path) -> pl.DataFrame:
    """A file -> exposure. InputError names what is wrong with it, and the first row."""
    wanted = f"Parquet or CSV with the columns {', '.join(_NEEDED)}"
    raw = table_file(path, wanted, try_parse_dates=True)
    need(raw, _NEEDED, path, wanted)
    try:
        chosen = _zoned(raw).select(*_NEEDED, *(name for name in _BOUNDS if name in raw.columns))
        _refuse(chosen, path)
        return EXPOSURE.fit(chosen)
    except (pl.exceptions.PolarsError, TableError) as wrong:
        raise InputError(f"is no table of exposure: {why(wrong)}", file=str(path), expected=wanted) from None


def watched_of(path: Path) -> pl.DataFrame:
    """A file -> series and what is usual in each. InputError names what is wrong with it."""
    wanted = f"Parquet or CSV with the columns series, {', '.join(USUAL)}"
    raw = table_file(path, wanted)
    need(raw, ("series", *USUAL), path, wanted)
    try:
        made = raw.select(pl.col("series").cast(pl.String), *(pl.col(name).cast(pl.Float64) for name in USUAL))
    except pl.exceptions.PolarsError as wrong:
        raise InputError(f"is no table of a watch: {why(wrong)}", file=str(path), expected=wanted) from None
    bad = made.with_row_index("row", 1).filter(
        pl.any_horizontal(~(pl.col(name).is_between(0, 1e9)) for name in USUAL)
        | (pl.col("mean_used") < pl.col("mean")) | (pl.col("k") <= 0) | (pl.col("k_used") <= 0)
    )  # fmt: skip
    if not bad.is_empty():
        raise InputError(f"{bad.height} rows cannot be", file=str(path), row=int(bad["row"][0]),
                         expected="mean from 0 up to mean_used, k and k_used above 0, or nothing")  # fmt: skip
    if made["series"].n_unique() < made.height:
        raise InputError("names a series twice", file=str(path), field="series", expected="a row a series")
    return made


def _refuse(rows: pl.DataFrame, path: Path) -> None:
    bad = rows.with_row_index("row", 1).filter(
        ~pl.col("p_noticed").cast(pl.Float64).is_between(0, 1) | (pl.col("t1") <= pl.col("t0"))
    )
    if not bad.is_empty():
        raise InputError(
            f"{len(bad)} rows have a chance outside 0 to 1, or end before they begin", file=str(path),
            row=int(bad["row"][0]), expected="p_noticed from 0 to 1, or nothing, and t0 before t1",
        )  # fmt: skip
    told = [name for name in ("low", "p_noticed", "high") if name in rows.columns]
    sides = rows.with_row_index("row", 1).with_columns(pl.col(name).cast(pl.Float64) for name in told)
    off = [~pl.col(name).is_between(0, 1) for name in told]
    off += [pl.col(less) > pl.col(more) for n, less in enumerate(told) for more in told[n + 1 :]]
    bad = sides.filter(pl.any_horizontal(off).fill_null(False))
    if not bad.is_empty():
        raise InputError(
            f"{len(bad)} rows have bounds that cannot be", file=str(path), row=int(bad["row"][0]),
            field=", ".join(told), expected="low up to p_noticed up to high, from 0 to 1",
        )  # fmt: skip


def _zoned(raw: pl.DataFrame) -> pl.DataFrame:
    """A time without a zone in a CSV file is refused, never guessed."""
    for name in ("t0", "t1"):
        kind = raw.schema.get(name)
        if isinstance(kind, pl.Datetime) and kind.time_zone is None:
            raise TableError(f"{name} has no zone; write 2030-01-01T00:00:00Z")
        if kind == pl.String:
            raw = raw.with_columns(pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC"))
    return raw


def _lines(result: dict[str, Any]) -> list[str]:
    lines = [f"{result['title']} ({result['level']})"]
    for row in result.get("needed", []):
        least, most = (row[key] for key in ("needed_low", "needed_high"))
        lines.append(
            f"  {row['obligation']}, {row['party']}, {row['game']}: keeping is the better choice from a chance of "
            f"being found out of {_chance(least)} to {_chance(most)}"
        )
    if "held_back" in result:
        lines.append(f"Held back: {result['held_back']}")
    for row in result.get("keepings", []):
        lines.append(f"  {row['obligation']}, {row['party']}, {row['game']}: {row['answer']}. {row['says']}")
    for row in result.get("looks", []):
        lines.append(f"  look {row['look']} at {row['obligation']} (rank {row['rank']}, {row['kind']}): {row['says']}")
    for one in result.get("best", []):
        best = ", ".join(one["looks"]) or "none of them; the chance at the weakest place stays as it is"
        lines.append(f"  best together at {one['obligation']}: {best}")
    for one in result.get("best_in_all", []):
        lines.append(
            f"  next in all at {one['obligation']}: {one['look']}, then {one['unnoticed']:.2f} of breaches go "
            f"unnoticed ({one['less']:.2f} less)"
        )
    return [*lines, "It weighs what was typed in, and predicts nobody."]


def _chance(value: float | None) -> str:
    return "more than any" if value is None or value > 1 else f"{value:.2f}"
