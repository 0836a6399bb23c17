"""The calibre of a weapon as sources write it, in millimetres.

`122mm D-30`, `152-mm`, `10.5 cm`, `8-inch`, `.50 cal` and `7,62x39` all say one; `82 and 120 mm` says two. Of a
cartridge as `30x165mm` the first number is the bore and the second the length of the case; `2 x 122 mm` are two guns.
Where it can be read both ways, both count as possible. `possibly 122 mm`, `up to 120 mm` and `82 or 120 mm` leave it
open between what they allow. What is smaller than any bore or larger than any gun ever built is no calibre.
"""

from __future__ import annotations

import polars as pl

SMALLEST_MM, LARGEST_MM = 4.0, 920.0
"""From the smallest bores in service, 4.5 mm, to the largest ever built, 914 mm."""
_BORES = tuple(map(float, (9, 20, 23, 25, 27, 30, 35, 37, 40, 45, 57, 76, 84, 85, 90, 100, 105, 115, 120, 125)))
"""Bores in whole millimetres whose cartridges are named as bore x length."""
_GUNS = tuple(
    map(float, (60, 76, 81, 82, 85, 90, 100, 105, 107, 115, 120, 122, 125, 130, 152, 155, 160, 180, 203, 240))
)
"""Calibres of which there are guns and mortars, so that `20 x 152 mm` may be twenty of them."""
_LONGEST = 10.0
"""No cartridge is longer than so many bores; a larger second number is itself the bore, of so many guns."""
_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"(?:mm|cm|inch)"
_PIECES = (
    r"\s*(?:[;,+&/|]|\.\s|"
    r"\b(?:and|with|or|as well as|plus|also|including|besides|along(?:side)?|followed by|then)\b)\s*"
)
DOUBTED = (
    r"\b(?:possibl[ey]|probabl[ey]|(?:un)?likely|may ?be|might|could|perhaps|presum(?:abl[ey]|ed)|suspected|"
    r"alleged(?:ly)?|apparent(?:ly)?|unconfirmed|unknown|unclear|unidentified|not?|non|none|never|without|"
    r"absen(?:t|ce)|other than|except|excluding|like|similar)\b|\?"
)
"""Words by which a source takes back, or half takes back, that it was that weapon."""
_BOUNDS = (
    r"\b(?:up to|under|below|over|above|less|more|least|most|than|larger|bigger|greater|heavier|smaller|lighter|"
    r"exceed\w*|beyond|min(?:imum)?|max(?:imum)?|about|around|roughly|approx\w*|circa|ca|between)\b|"
    r"[<>≤≥~≈]|(?:\d|mm)\+(?:\s|$)"
)
_UNSURE = rf"{DOUBTED}|{_BOUNDS}"
_EITHER = r"\b(?:or|either)\b|/"
_TIMES = r"[x×х*]"  # a Latin x, a multiplication sign, a Cyrillic ha, a star
_WRITTEN: tuple[tuple[str, str], ...] = (
    (r"(\d),(\d{3})(\D|$)", "${1}${2}${3}"),  # 2,100 is two thousand and a hundred
    (r"(\d),(\d{1,2})(\D|$)", "${1}.${2}${3}"),  # 7,62 is 7.62
    (r"(\d)[\s\-‐‑–]*(?:millimet(?:er|re)s?|mm|мм|миллиметр\p{L}*)(?:b|r|sr)?\b\.?", "${1} mm"),
    (r"(\d)[\s\-‐‑–]*(?:centimet(?:er|re)s?|cm|см)\b", "${1} cm"),
    (r"(\d)[\s\-‐‑–]*(?:inch(?:es)?\b|[\"″])", "${1} inch"),
    (r"(^|[^\d])\.(\d{2,3})[\s-]*cal\w*", "${1}0.${2} inch"),  # .50 cal is half an inch
    (r"/\s*\d{2}\s*cal\w*", ""),  # 155 mm/52 cal: the length of the barrel
    (rf"(\d) mm\s*{_TIMES}\s*({_NUMBER}) mm", "${1}x${2} mm"),
    (rf"(\d){_TIMES}(\d)", "${1}x${2}"),
    (rf"(\d)\s+{_TIMES}\s*(\d)|(\d)\s*{_TIMES}\s+(\d)", "${1}${3} x ${2}${4}"),
)
"""As sources write it -> as we read it, one after the other."""
_LISTED = (
    (rf"(^|[,/+&;(]\s*|\b(?:and|or|to)\s+)({_NUMBER})\s*([,/+&;]|and|or)\s*({_NUMBER}) ({_UNIT})\b", " ${3} "),
    (rf"(^|[,/+&;(]\s*|\b(?:and|or|to)\s+)({_NUMBER})\s*([-‐‑–]|to)\s*({_NUMBER}) ({_UNIT})\b", " or "),
)
"""A unit that is written once for several numbers; a span of them is one or the other."""
_MOST_LISTED = 4
_PAIR = rf"({_NUMBER}) ?x ?({_NUMBER})(?: {_UNIT}\b)?"
_MM = {"mm": 1.0, "cm": 10.0, "inch": 25.4}


def calibres(texts: pl.Series) -> pl.DataFrame:
    """Weapon texts, each once -> text, mm (calibres named), either (one of them, not all), unsure, whole.

    whole: each weapon of the text has a calibre, so that nothing else is named beside.

    >>> made = calibres(pl.Series(["122mm D-30", "10.5 cm gun", "30x165mm", "82 or 120 mm mortar", "D-30"]))
    >>> made["mm"].to_list()
    [[122.0], [105.0], [30.0], [82.0, 120.0], []]
    """
    plain = _plain(pl.col("text"))
    made = pl.DataFrame({"text": texts}, schema={"text": pl.String}).with_columns(plain=plain)
    pieces = (
        made.select("text", piece=pl.col("plain").str.replace_all(_PIECES, "\n").str.split("\n"))
        .explode("piece", empty_as_null=False, keep_nulls=False)
        .filter(pl.col("piece").str.contains(r"\p{L}"))
        .with_columns(mm=_of_piece(pl.col("piece")))
    )
    named = pieces.group_by("text").agg(
        whole=(pl.col("mm").list.len() > 0).all(),
        ways=(pl.col("mm").list.len() > 1).any(),
        mm=pl.col("mm").explode().drop_nulls().unique().sort(),
    )
    return made.join(named, on="text", how="left", maintain_order="left").select(
        "text",
        pl.col("mm").fill_null(pl.lit([], pl.List(pl.Float64))),
        either=pl.col("plain").str.contains(_EITHER) | pl.col("ways").fill_null(False),
        unsure=pl.col("plain").str.contains(_UNSURE),
        whole=pl.col("whole").fill_null(False),
    )


def p_calibre(texts: pl.Series, from_mm: float | None, below_mm: float | None) -> pl.Series:
    """Weapon texts, each once -> 1 where a weapon of a calibre in [from_mm, below_mm) is named, 0 where only others
    are, null where nobody can tell.

    >>> said = pl.Series(["122mm D-30", "82 mm mortar", "82 or 120 mm", "82 and 120 mm", "D-30"])
    >>> p_calibre(said, 100, None).to_list()
    [1.0, 0.0, None, 1.0, None]
    """
    inside = pl.element().is_between(from_mm or 0.0, float("inf") if below_mm is None else below_mm, closed="left")
    made = calibres(texts).with_columns(inside=pl.col("mm").list.eval(inside))
    within, told = pl.col("inside").list, pl.col("mm").list.len() > 0
    sure = pl.col("whole") | ~pl.col("either")  # 122 mm or small arms: nobody knows
    answer = (
        pl.when(~told | pl.col("unsure"))
        .then(None)
        .when((within.all() & sure) | (within.any() & ~pl.col("either")))
        .then(1.0)
        .when(~within.any() & pl.col("whole"))
        .then(0.0)
    )
    return made.select(answer.cast(pl.Float64)).to_series()


def named_surely(texts: pl.Series, word: str) -> pl.Series:
    """Weapon texts, a pattern of words -> is it surely a weapon by one of them that is named? All of those between
    which a text leaves it open have to be.

    >>> said = pl.Series(["howitzer", "no howitzer", "howitzer or tank", "tank and howitzer", "howitzers?"])
    >>> named_surely(said, "howitzer").to_list()
    [True, False, False, True, False]
    """
    text = pl.col("text").str.to_lowercase()
    found = pl.element().str.contains(word)
    pieces = text.str.replace_all(_PIECES, "\n").str.split("\n").list.eval(found).list
    sure = text.str.contains(word) & ~text.str.contains(DOUBTED) & (pieces.all() | ~text.str.contains(_EITHER))
    return pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(sure).to_series()


def _plain(text: pl.Expr) -> pl.Expr:
    """Small letters, one way to write a unit and a pair, and a unit to each number of a list."""
    plain = text.str.to_lowercase()
    for pattern, written in _WRITTEN:
        plain = plain.str.replace_all(pattern, written)
    for _ in range(_MOST_LISTED):
        for pattern, between in _LISTED:
            plain = plain.str.replace_all(pattern, "${1}${2} ${5}" + between + "${4} ${5}")
    return plain


def _of_piece(piece: pl.Expr) -> pl.Expr:
    """One weapon's text -> its calibre; two where a pair of numbers can be read both ways; none where none is told."""
    single = piece.str.replace_all(_PAIR, " ").str.extract_all(rf"{_NUMBER} {_UNIT}\b")
    number = pl.element().str.extract(rf"({_NUMBER})").cast(pl.Float64)
    unit = pl.element().str.extract(rf" ({_UNIT})").replace_strict(_MM, return_dtype=pl.Float64)
    pairs = piece.str.extract_all(_PAIR)
    bore = pl.element().str.extract(rf"^({_NUMBER})").cast(pl.Float64)
    other = pl.element().str.extract(rf"x ?({_NUMBER})").cast(pl.Float64)
    told, tight = pl.element().str.ends_with(" mm"), pl.element().str.contains(r"\dx\d")
    long = other / bore
    cartridge = long.is_between(1.1, _LONGEST) & (
        (bore != bore.floor()) | (bore.is_in(_BORES) & (tight | ~other.is_in(_GUNS)))
    )
    guns = told & ((bore < SMALLEST_MM) | (long > _LONGEST))
    first = pairs.list.eval(pl.when(cartridge | (told & ~guns)).then(bore))
    second = pairs.list.eval(pl.when(told & ~cartridge).then(other))
    real = pl.element().is_between(SMALLEST_MM, LARGEST_MM)
    every = pl.concat_list(single.list.eval((number * unit).round(3)), first, second)
    return every.list.eval(pl.element().filter(real)).list.unique().list.sort()
