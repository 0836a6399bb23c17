"""Submissions of the field form, from KoboToolbox or ODK -> observations, looks, gaps, statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode, urlsplit

import polars as pl

from trucewatch.base.errors import FetchError, InputError
from trucewatch.base.problem import problems, problems_where
from trucewatch.base.time import UTC_US
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.form.flat import COLUMNS, flat
from trucewatch.sources.form.made import audited, gaps, server_time, statements, unchosen, visited
from trucewatch.sources.form.packed import held_against, is_attachment, is_audit, is_packed, observed, unpacked
from trucewatch.sources.form.questions import RECORDS
from trucewatch.sources.http import body_of, given, public_url
from trucewatch.sources.report.make import looks, observations
from trucewatch.sources.report.rows import COLUMNS as REPORT
from trucewatch.sources.report.rows import flaws, lost_rows, settled, there_is
from trucewatch.tables import LOOKS

KEEP = ("zone", "feed")
_YES = ("yes", "true", "1")
MOST_PAGES = 10_000
"""A server that gives more pages than this does not stop by itself."""
PAGE_ROWS = 1000
OURS = ("record", "start", "end")
"""Columns of a submission that are joined by themselves, or whose names a report gives to its own span."""


class Form:
    """The form of `trucewatch form --xlsform`; docs/sources/form.md tells what becomes of each record."""

    name = "form"
    about = "submissions of the field form from KoboToolbox or ODK (CSV, JSON, or their APIs by token)"
    licence = "the mission's own"
    options: Mapping[str, str] = {
        "zone": "zone of times that have no offset; without it such rows are lost and not taken as UTC",
        "feed": "name for the source column, as `form/patrols`; a team's hash follows",
        "server": "address of the server, as https://kobo.example.org, for pulling from its API",
        "asset": "KoboToolbox: id of the form",
        "project": "ODK Central: number of the project",
        "form": "ODK Central: id of the form",
        "token": "your token; it goes in a header and is never stored",
        "attachments": "yes: also the attachments and the audit. From ODK Central all come in one zip",
    }
    default_mapping: str | None = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files given; without any, the API page by page. The token goes to that server and to no other."""
        there_is(request.options.get("zone"))
        if request.files:
            yield from given(request, transport, "text/csv", self.licence, KEEP)
            return
        url, headers = _asked(request)
        host, kept = urlsplit(url)[:2], {k: request.options[k] for k in KEEP if request.options.get(k)}
        whole = str(request.options.get("attachments") or "").lower() in _YES
        if whole and not request.options.get("asset"):
            body = body_of(transport.get(_zip(url), headers), url, "are server, form and token right?")
            yield Fetched(body, _zip(url), "application/zip", self.licence, kept)
            return
        for _ in range(MOST_PAGES):
            body = body_of(transport.get(url, headers), url, "are server, form and token right?")
            yield Fetched(body, url, "application/json", self.licence, kept)
            for there in _beside(body) if whole else ():
                if urlsplit(there)[:2] != host:
                    raise FetchError("the server names another server for an attachment; the token is not sent there")
                answer = transport.get(there, headers)
                kind = answer.headers.get("content-type", "application/octet-stream")
                raw = body_of(answer, there, "is the attachment still there?")
                yield Fetched(raw, public_url(there), kind, self.licence, kept)
            following = _next(body)
            if following is None:
                return
            if urlsplit(following)[:2] != host:
                raise FetchError("the server names another server for its next page; the token is not sent there")
            url = following
        raise FetchError(f"the server gave {MOST_PAGES} pages and does not stop")

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Submissions -> rows, each of its record; what is not approved is a lost problem."""
        if is_attachment(raw):  # a capture of its own, to which submissions lead by its name
            return Read(0)
        if is_audit(raw):
            why = "is kept; places and times are held against it only where both are in one zip"
            return Read(0, problems=problems([(capture.name, "audit_apart", "audit", why, False)]))
        packed = unpacked(raw, capture.name) if is_packed(raw) else None
        rows = flat(packed.table if packed else raw, capture.name)
        zone = capture.options.get("zone")
        told = rows.frame.with_columns(rows.number)
        noted, told = audited(told, capture.name)
        as_report = _as_report(told)
        more = [name for name in COLUMNS if name not in (*as_report.columns, *OURS)]
        table = settled(as_report, str(zone) if zone else None).join(
            told.select("row", "record", *more, words="says"), on="row", how="left", maintain_order="left"
        )
        kept = visited(table.filter(pl.col("lost").is_null())).rechunk()
        feed = str(capture.options.get("feed") or self.name)
        seen = kept.filter(observed()).rechunk()
        ground = pl.col("range_km").is_not_null() & pl.col("observer_lon").is_not_null()
        looked = kept.filter((pl.col("record") == "nothing") | ((pl.col("record") == "incident") & ground)).rechunk()
        away = kept.filter(pl.col("record") == "restriction").rechunk()
        made = looks(looked, capture.id, feed)
        return Read(
            rows.count,
            observations=observations(seen, capture.id, feed).with_columns(
                published_at=_submitted(seen), attachments=_attached(seen)
            ),
            looks=LOOKS.fit(pl.concat([made, gaps(away, capture.id, feed)])),
            statements=statements(kept, capture.id, feed),
            problems=pl.concat(
                [
                    problems(rows.problems),
                    noted,
                    held_against(told, packed, capture.name),
                    lost_rows(table, capture.name),
                    *flaws(kept.filter(pl.col("record") != "tally").rechunk(), capture.name),
                    unchosen(kept, capture.name),
                    _mixed(kept, capture.name),
                ]
            ),
        )


def _as_report(told: pl.DataFrame) -> pl.DataFrame:
    """A submission's columns -> those of a report."""
    kind = (
        pl.when(pl.col("record") == "weapons").then(pl.lit("presence"))
        .when(pl.col("record") == "restriction").then(pl.lit("obstruction"))
        .when(pl.col("ordnance").is_in(["mines", "unexploded_ordnance"])).then(pl.lit("presence"))
        .when(pl.col("record").is_in(["ordnance", "facilitation"])).then(pl.lit("other"))
        .otherwise("kind")
    )  # fmt: skip
    monitors = pl.when(pl.col("record") == "restriction").then(pl.lit("monitors")).otherwise("target")
    nothing = pl.when(pl.col("record") == "nothing").then(pl.lit("true"))
    words = [pl.col("restriction"), pl.col("weapons_where"), pl.col("says")]
    says = pl.concat_str(words, separator="; ", ignore_nulls=True)
    made = told.with_columns(
        id="key",
        observer=pl.coalesce("observer", "submitter"),
        observer_lon="lon",
        observer_lat="lat",
        kind=kind,
        target=monitors,
        nothing=nothing,
        says=pl.when(says != "").then(says),
    ).with_columns(lon=pl.lit(None, pl.String), lat=pl.lit(None, pl.String))
    absent = [pl.lit(None, pl.String).alias(name) for name in REPORT if name not in made.columns]
    return made.with_columns(absent).select(*REPORT, "row")


def _submitted(seen: pl.DataFrame) -> pl.Series:
    """When the server had each: from then on others could read it."""
    return seen.select(server_time("submitted").cast(UTC_US)).to_series()


def _attached(seen: pl.DataFrame) -> pl.Series:
    """Names of what was attached: files of the same zip, or captures of their own by that name."""
    name = pl.col("photo")
    return seen.select(pl.when(name.is_not_null()).then(pl.concat_list(name))).to_series()


def _mixed(kept: pl.DataFrame, file: str) -> pl.DataFrame:
    """Offsets of one submission that differ: a clock that was set anew, or a phone that crossed a border."""
    offset = r"([+-]\d\d:?\d\d|Z)$"
    first, last = (pl.col(f"told_{name}").str.extract(offset) for name in ("time", "until"))
    why = pl.format("time is told in {} and until in {}; each is read as it stands", first, last)
    return problems_where(
        kept, first != last, file=file, code="mixed_zones", subject="time, until", message=why, lost=False
    )


def _asked(request: Request) -> tuple[str, dict[str, str]]:
    told = {name: str(request.options.get(name) or "").rstrip("/") for name in ("server", "asset", "project", "form")}
    token = str(request.options.get("token") or "")
    if not told["server"] or not token:
        raise InputError("needs a server and a token", field="token",
                         expected="--option server=... --option token=..., or --file")  # fmt: skip
    if urlsplit(told["server"]).scheme not in ("https", "http"):
        raise InputError("is no address of a server", field="server", expected="https://...")
    if told["asset"]:
        path = f"/api/v2/assets/{quote(told['asset'], safe='')}/data.json?{urlencode({'limit': PAGE_ROWS})}"
        return told["server"] + path, {"Authorization": f"Token {token}"}
    if told["project"] and told["form"]:
        form = f"/v1/projects/{quote(told['project'], safe='')}/forms/{quote(told['form'], safe='')}.svc/Submissions"
        return f"{told['server']}{form}?$top={PAGE_ROWS}", {"Authorization": f"Bearer {token}"}
    raise InputError("names no form", field="asset", expected="--option asset=... (Kobo), or project and form (ODK)")


def _zip(url: str) -> str:
    """ODK Central's address of a form's submissions -> of all of them with what lies beside, in one zip."""
    return url.split(".svc/", 1)[0] + "/submissions.csv.zip?attachments=true"


def _beside(body: bytes) -> list[str]:
    """The addresses of the attachments of a page of KoboToolbox, each once."""
    told = json.loads(body)
    items = [item for item in told.get("results", []) if isinstance(item, dict)]
    named = [one for item in items for one in item.get("_attachments") or [] if isinstance(one, dict)]
    return list(dict.fromkeys(str(one["download_url"]) for one in named if one.get("download_url")))


def _next(body: bytes) -> str | None:
    try:
        told = json.loads(body)
    except ValueError:
        raise FetchError("the server answered with something that is no page of submissions") from None
    if not isinstance(told, dict) or not ("results" in told or "value" in told):
        raise FetchError("the server answered with something that is no page of submissions")
    following = told.get("next") or told.get("@odata.nextLink")
    return str(following) if following else None


SOURCE = Form()
__all__ = ["RECORDS", "SOURCE", "Form"]
