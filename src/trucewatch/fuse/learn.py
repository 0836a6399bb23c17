"""observations -> learnt, dependence. How wrong is each source, how much does it miss, and who repeats whom?

    1. near      pairs of reports near enough to be one, and pairs that can only be coincidence
    2. offsets   for each two sources: matches, offsets, agreement, copies (expectation and maximisation)
    3. shared    offsets of pairs -> errors of sources; agreement -> wrong kinds
    4. thirds    beside pairs that are surely one: does a third source tell of it? -> what each reports
    5. the rest  of its reports is of nothing: the spurious share
    6. worth     of instruments: how much oftener they detect something beside reports than beside nothing

No truth is asked for. Two sources alone leave the split of their common error open (it is halved), and what they miss
unknown; three make both known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from trucewatch.base.graph import components
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.near import Floats, Ints, Pairs, Rows, pairs_of, rows_of
from trucewatch.fuse.offsets import Between, Copies, between, copies_of
from trucewatch.fuse.params import LearnParams
from trucewatch.fuse.worth import Worth, worth
from trucewatch.tables import CALIBRATION, DEPENDENCE, LEARNT

_BOX = 3.5
"""A third source's report is sought within so many standard deviations; 998 in 1000 lie within, on both axes and in
time."""
_COVERED = 0.9986
_HALVED = 1e-3
"""Weight of the belief that two sources are equally wrong: decides only where nothing else does."""


def learn(observations: pl.DataFrame, params: LearnParams | None = None) -> Learnt:
    """Observations (source, kind, t0, t1, lon, lat, radius_m at the least; any words) -> what is learnt of the sources.

    Of very many reports whole stretches of time are sampled: errors are the sources', and a stretch keeps neighbours
    together. The same rows in any order give the same tables.
    """
    params = params or LearnParams()
    every = observations["source"].unique().sort().to_list()
    rows = rows_of(observations, params)
    if len(rows.names) == 0:
        return Learnt(sources=_table(every, {}), dependence=DEPENDENCE.empty())
    pairs = pairs_of(rows, params)
    copies = copies_of(rows, pairs, params)
    found = between(rows, pairs, copies, params)
    copies = _habits(copies, found, params)
    known: dict[str, Floats] = {}
    across = [b for b in found if b.one != b.two and b.matches >= params.least_matches]
    n = len(rows.names)
    known["place_sd_m"] = np.maximum(np.sqrt(_shared(across, [b.place_m2 for b in across], n)), params.least_sd_m)
    known["told_share"] = _told(across, n, params)
    rows = replace(rows, told_m2=rows.told_m2 * np.nan_to_num(known["told_share"][rows.source], nan=1.0) ** 2)
    known["time_sd_s"] = np.maximum(np.sqrt(_shared(across, [b.time_s2 for b in across], n)), params.least_sd_s)
    known["kind_wrong"] = _wrong(across, n)
    again = _repeated(found, rows, params)
    known["p_reports"], known["spurious"], chance = _reports(across, copies, again, known, rows, pairs, params)
    known["most_per_incident"] = _most(found, again, copies, pairs, n, params)
    by_name = {name: dict(zip(rows.names, column, strict=True)) for name, column in known.items()}
    chances = {name: c for name, c in zip(rows.names, chance.tolist(), strict=True) if not np.isnan(c)}
    for name, detected in _instruments(observations, params).items():
        chances[name] = detected.chance
        by_name["p_reports"][name] = detected.p
    beside = pl.DataFrame({"part": "chance", "name": sorted(chances), "value": [chances[n] for n in sorted(chances)]})
    return Learnt(
        sources=_table(every, by_name),
        dependence=_dependence(copies, found, rows),
        calibration=CALIBRATION.fit(beside) if chances else CALIBRATION.empty(),
    )


def _instruments(observations: pl.DataFrame, params: LearnParams) -> dict[str, Worth]:
    """Sources that see heat from orbit -> what their detections are worth beside what all others report.

    They see so little of what happens that third sources are not needed, and so much else that coincidence is most.
    """
    heat = observations.filter(pl.col("kind") == "heat")["source"].unique().sort().to_list()
    people = observations.filter(~pl.col("source").is_in(heat))
    if not heat or people.is_empty():
        return {}
    step = max(1, people.height // params.sample_rows)
    people = people.sort("t0", "t1", "lat", "lon", "kind").gather_every(step)
    return {name: worth(people, observations.filter(pl.col("source") == name), params) for name in heat}


def _table(every: list[str], known: dict[str, dict[str, float]]) -> pl.DataFrame:
    columns: dict[str, list[float | int | str | None]] = {"source": list(every)}
    for name in LEARNT.columns:
        if name != "source":
            values = (known.get(name, {}).get(source, np.nan) for source in every)
            columns[name] = [None if np.isnan(value) else float(value) for value in values]
    columns["most_per_incident"] = [int(value or 1) for value in columns["most_per_incident"]]
    return LEARNT.fit(pl.DataFrame(columns, schema={name: LEARNT.schema[name] for name in columns}))


def _shared(across: list[Between], sums: list[float], n: int) -> Floats:
    """Variances of pairs, each the sum of two sources' -> the sources', none below nothing; nan where none is told."""
    from scipy.optimize import nnls

    out = np.full(n, np.nan)
    told = sorted({s for b in across for s in (b.one, b.two)})
    if not told:
        return out
    at = {source: row for row, source in enumerate(told)}
    left, right = [], []
    for b, value in zip(across, sums, strict=True):
        for weight, signs in ((np.sqrt(b.matches) / value, (1.0, 1.0)), (_HALVED / value, (1.0, -1.0))):
            row = np.zeros(len(told))
            row[at[b.one]], row[at[b.two]] = signs[0] * weight, signs[1] * weight
            left.append(row)
            right.append(value * weight if signs[1] > 0 else 0.0)
    out[told] = nnls(np.array(left), np.array(right))[0]
    return out


def _told(across: list[Between], n: int, params: LearnParams) -> Floats:
    """Shares of what is told, pair by pair -> the share of each source's radii; the most that any pair of its shows."""
    out = np.full(n, np.nan)
    for b in across:
        share = float(np.sqrt(b.told)) if b.told <= params.told_too_much**2 else 1.0
        for source in (b.one, b.two):
            out[source] = np.fmax(out[source], max(share, params.least_told))
    return out


def _wrong(across: list[Between], n: int) -> Floats:
    """How often kinds agree, pair by pair -> how often each source's is wrong.

    Both right, or both wrong and alike by chance: A = (1 - e)(1 - f) + e f c.
    """
    from scipy.optimize import least_squares

    out = np.full(n, np.nan)
    told = sorted({s for b in across for s in (b.one, b.two)})
    if not told:
        return out
    one, two = (np.array([told.index(side) for side in sides]) for sides in zip(*[(b.one, b.two) for b in across]))  # noqa: B905
    agree, chance = np.array([b.agree for b in across]), np.array([b.by_chance for b in across])
    weight = np.sqrt([b.matches for b in across])

    def off(e: Floats) -> Floats:
        like = (1 - e[one]) * (1 - e[two]) + e[one] * e[two] * chance
        return np.concatenate([(like - agree) * weight, _HALVED * (e[one] - e[two])])

    out[told] = least_squares(off, np.full(len(told), 0.1), bounds=(0.0, 0.95)).x
    return out


def _repeated(found: list[Between], rows: Rows, params: LearnParams) -> Floats:
    """How many pairs of reports of one incident each source has with itself; 0 where that is no habit."""
    more = np.zeros(len(rows.names))
    counts = np.bincount(rows.source, minlength=len(rows.names))
    for b in found:
        least = max(params.least_repeated * counts[b.one], params.least_sigmas * np.sqrt(b.which.size))
        if b.one == b.two and b.matches >= least:
            more[b.one] = b.matches
    return more


def _reports(
    across: list[Between], copies: list[Copies], repeated: Floats, known: dict[str, Floats], rows: Rows, pairs: Pairs,
    params: LearnParams,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """What each source reports of what happens, which share of its reports is of nothing, and how often it lies beside
    what others tell by chance alone.

    Both are of what it sees for itself; what it repeats is then added, true or not as its original's.
    """
    n = len(rows.names)
    own = np.ones(rows.source.size, dtype=bool)
    for c in copies:
        own[c.rows] = False
    hits, tries, met = np.zeros((n, n)), np.zeros((n, n)), np.zeros(n)  # of a third, beside pairs with a second
    for w in range(n):
        if not np.isnan(known["place_sd_m"][w]):
            theirs = _Tree(rows, w, np.flatnonzero((rows.source == w) & own))
            for b in (b for b in across if w not in (b.one, b.two)):
                there, elsewhere, tried = theirs.beside(b, known, pairs, params)
                hits[w, [b.one, b.two]] += there - elsewhere
                tries[w, [b.one, b.two]] += tried
                met[w] += elsewhere
    # Each pair was entered for both of its sources.
    every = np.where(tries.sum(axis=1) >= 2 * params.least_matches, tries.sum(axis=1), np.nan)
    mean = hits.sum(axis=1) / every / _COVERED  # reports of one incident, repeats counted
    with np.errstate(invalid="ignore", divide="ignore"):
        beside = np.where(tries >= params.least_matches, hits / tries / _COVERED, np.nan)
    counts = np.bincount(rows.source[own], minlength=n)
    true = np.minimum(_true(across, beside, n), counts)  # of its own reports, those of something
    spurious = 1 - true / np.maximum(counts, 1)
    again = repeated / np.maximum(np.nan_to_num(true, nan=np.inf) - repeated, 1)
    p = np.clip(mean / (1 + again), 0.001, 0.999)
    chance = np.minimum(2 * met / every, 1.0)
    return *_with_copies(p, spurious, copies, rows, counts), chance


def _true(across: list[Between], beside: Floats, n: int) -> Floats:
    """How many reports of each source are of something: those that another tells of too, over the chance that it does
    where the first one and a third one tell of it. Nearest to what the source itself looks at, and by all others."""
    out = np.full(n, np.nan)
    for w in range(n):
        told = [(b.matches, b.two if b.one == w else b.one) for b in across if w in (b.one, b.two)]
        told = [(m, s) for m, s in told if np.isfinite(beside[s, w]) and beside[s, w] > 0]
        if told:
            out[w] = np.average([m / beside[s, w] for m, s in told], weights=[m for m, _ in told])
    return out


def _with_copies(p: Floats, spurious: Floats, copies: list[Copies], rows: Rows, own: Ints) -> tuple[Floats, Floats]:
    every = np.bincount(rows.source, minlength=own.size)
    whole, of_nothing, total = p.copy(), spurious * own, own.astype(float)
    for c in copies:
        whole[c.copier] = 1 - (1 - whole[c.copier]) * (1 - p[c.original] * min(1.0, c.rows.size / every[c.original]))
        of_nothing[c.copier] += spurious[c.original] * c.rows.size
        total[c.copier] += c.rows.size
    return whole, np.clip(of_nothing / np.maximum(total, 1), 0.0, 1.0)


class _Tree:
    """One source's reports, to be counted around others' pairs; twice more at other times, for what is coincidence."""

    def __init__(self, rows: Rows, source: int, mine: Ints) -> None:
        self.rows, self.source, self.mine = rows, source, mine

    def beside(
        self, b: Between, known: dict[str, Floats], pairs: Pairs, params: LearnParams
    ) -> tuple[float, float, float]:
        """Beside pairs that are surely one: this source's reports, those of other times there, and how many pairs."""
        from scipy.spatial import cKDTree

        rows, sure = self.rows, b.which[b.same >= params.sure]
        if sure.size == 0 or self.mine.size == 0:
            return 0.0, 0.0, 0.0
        i, j = pairs.a[sure], pairs.b[sure]
        place, time = known["place_sd_m"] ** 2, known["time_sd_s"] ** 2
        # The middle of the pair, weighted by how sharp each is, and how far this source may lie from it.
        one_m2, two_m2 = place[b.one] + rows.told_m2[i].mean(), place[b.two] + rows.told_m2[j].mean()
        one_s2, two_s2 = time[b.one] + rows.told_s2[i].mean(), time[b.two] + rows.told_s2[j].mean()
        share, share_s = two_m2 / (one_m2 + two_m2), two_s2 / (one_s2 + two_s2)
        xyz = share * rows.xyz[i] + (1 - share) * rows.xyz[j]
        at_s = share_s * rows.at_s[i] + (1 - share_s) * rows.at_s[j]
        far_m = _BOX * np.sqrt(place[self.source] + rows.told_m2[self.mine].mean() + share * one_m2)
        far_s = _BOX * np.sqrt(time[self.source] + rows.told_s2[self.mine].mean() + share_s * one_s2)
        tree = cKDTree(np.column_stack([rows.xyz[self.mine] / far_m, rows.at_s[self.mine] / far_s]))
        counted = [
            tree.query_ball_point(
                np.column_stack([xyz / far_m, (at_s + shift) / far_s]), 1.0, p=np.inf, return_length=True
            ).sum()
            for shift in (0.0, -2 * far_s - params.reach_s, 2 * far_s + params.reach_s)
        ]
        return float(counted[0]), float(counted[1] + counted[2]) / 2, float(sure.size)


def _most(
    found: list[Between], again: Floats, copies: list[Copies], pairs: Pairs, n: int, params: LearnParams
) -> Floats:
    """How many reports of one incident a source gives: so that of a hundred reports beside others two are cut off.

    By reports and not by groups: the few incidents of which it tells most are those that a small number would cut.
    """
    most = np.ones(n)
    for b in found:
        if b.one == b.two and again[b.one] > 0:
            sure = b.which[b.same >= params.sure]
            both, row = np.unique(np.concatenate([pairs.a[sure], pairs.b[sure]]), return_inverse=True)
            half = row.size // 2
            label = components(row[:half].astype(np.int64), row[half:].astype(np.int64), both.size)
            sizes = np.unique(label, return_counts=True)[1]
            largest = int(np.quantile(np.repeat(sizes, sizes), 0.98, method="lower")) if sizes.size else 2
            most[b.one] = max(largest, 2)
    for c in {c.copier: c for c in copies}.values():
        most[c.copier] += 1  # what it saw itself, and what it repeats of another
    return np.minimum(most, params.most_repeats)


def _habits(copies: list[Copies], found: list[Between], params: LearnParams) -> list[Copies]:
    """Copies that are a share of what two sources have in common, and no chance likeness."""
    matches = {(b.one, b.two): b.matches for b in found}
    return [c for c in copies if c.count >= params.least_copied * (c.count + matches.get((c.one, c.two), 0.0))]


def _dependence(copies: list[Copies], found: list[Between], rows: Rows) -> pl.DataFrame:
    matches = {(b.one, b.two): b.matches for b in found}
    made = []
    for c in copies:
        shared = c.count + matches.get((c.one, c.two), 0.0)
        late = c.later / c.count if c.copier == c.two else 1 - c.later / c.count
        because = f"{c.count:.0f} of {shared:.0f} shared: same point and time, or same words; later in {late:.0%}"
        made.append((rows.names[c.copier], rows.names[c.original], c.count / shared, because))
    return DEPENDENCE.check(pl.DataFrame(made, schema=DEPENDENCE.schema, orient="row").sort("copier", "original"))
