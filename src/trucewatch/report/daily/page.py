"""Step 7: the page of one language. It holds no word: every text is a message, every other thing comes from the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup

from trucewatch.base.ids import SHORT
from trucewatch.report.daily.speaker import Speaker
from trucewatch.report.page import squeezed

PAGE = """<!doctype html>
<html lang="{{ words.language }}" dir="{{ words.direction }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ head.title }} · {{ head.on }}</title><meta name="trucewatch:level" content="{{ head.level }}">
<style>{{ css|safe }}</style></head><body>
{% macro ref(note) %}<sup><a href="#note-{{ note }}">{{ isolated(note) }}</a></sup>{% endmacro %}
{% macro cell(c) %}{% if c is none %}{{ say('cell.not_covered') }}{% elif c.get('unknown') %}{{ say('cell.unknown') }}{{ ref(c.note) }}{% elif 'told' in c and not c.told %}{{ say('cell.not_told') }}{{ ref(c.note) }}{% elif 'low' in c %}{{ range(c.low, c.high) }}{{ ref(c.note) }}{% else %}{{ isolated(c.n) }}{{ ref(c.note) }}{% endif %}{% endmacro %}
{% macro counted(c) %}{% if c %}{{ say('col.counted_of', range=range(c.low, c.high), n=c.n, all=c.all) }}{% endif %}{% endmacro %}
{% macro heads(more) %}<thead><tr><th>{{ say('col.what') }}</th><th>{{ say('col.now') }}</th><th>{{ say('col.before') }}</th>{% if more %}<th>{{ say('col.compared') }}</th>{% endif %}{% if more == 2 %}<th>{{ say('col.counted') }}</th>{% endif %}</tr></thead>{% endmacro %}
{% macro lines(rows, more) %}<table class="num">{{ heads(more) }}<tbody>
{% for r in rows %}<tr{% if r.get('part') %} class="part"{% endif %}><td>{{ phrase(r.what) }}</td><td>{{ cell(r.now) }}</td><td>{{ cell(r.before) }}</td>{% if more %}<td>{{ say(r.word) }}</td>{% endif %}{% if more == 2 %}<td>{{ counted(r.counted) }}</td>{% endif %}</tr>
{% endfor %}</tbody></table>{% endmacro %}
{% macro records(rows) %}{% if rows %}<table><thead><tr><th>{{ say('col.what') }}</th><th>{{ say('col.figure') }}</th><th>{{ say('col.weapon') }}</th><th>{{ say('col.place') }}</th><th>{{ say('col.when') }}</th>{% if head.level == 'restricted' %}<th>{{ say('col.words') }}</th>{% endif %}</tr></thead><tbody>
{% for r in rows %}<tr><td>{{ phrase(r.what) }}{{ ref(r.note) }}</td><td>{% if r.figure is none %}{{ say('cell.not_told') }}{% else %}{{ isolated(r.figure) }}{% endif %}</td><td>{{ told(r.unit) }}</td><td>{% if r.lon is none %}{{ told(r.place) }}{% else %}{{ event(r) }}{% endif %}</td><td>{{ when(r.t0, r.t1) }}</td>{% if head.level == 'restricted' %}<td>{{ told(r.words) }}</td>{% endif %}</tr>
{% endfor %}</tbody></table>{% else %}<p>{{ say('records.none') }}</p>{% endif %}{% endmacro %}
<header>
{% if unchecked %}<p class="remark" data-unchecked="{{ unchecked[0] }}">{{ say('head.unchecked', n=unchecked[0], all=unchecked[1]) }}</p>
<p class="remark" lang="en" dir="ltr">{{ english('head.unchecked', n=unchecked[0], all=unchecked[1]) }}</p>{% endif %}
<p class="level">{{ say('head.level', level=say('level.' ~ head.level)) }}{% if head.recipient %}<br>{{ say('head.recipient', whom=head.recipient) }}{% endif %}</p>
{% if head.simulated %}<p class="remark">{{ say('head.simulated') }}</p>{% endif %}
<h1>{{ say('title.of', title=head.title) }}</h1>
<p class="sub">{{ say('head.as_of', time=clock(head.until), date=day(head.until)) }}. {{ say('head.zone', zone=head.zone) }}.<br>
{{ say('head.period', since=moment(head.since), until=moment(head.until)) }}.<br>
{{ say('head.previous', since=moment(head.before), until=moment(head.since)) }}.<br>
{{ say('head.known', entries=head.size, time=clock(head.made, 'UTC'), date=day(head.made, 'UTC')) }}.</p>
<p class="lead">{{ say('head.indicates') }}</p>
{% if head.incomplete == 'not_over' %}<p class="remark">{{ say('head.not_over') }}</p>{% elif head.incomplete %}<p class="remark">{{ say('head.incomplete', time=clock(head.complete_to), date=day(head.complete_to)) }}</p>{% endif %}
{% if head.too_recent %}<p>{{ say('head.too_recent', n=head.too_recent) }}</p>{% endif %}
{% if head.straddle.n %}<p>{{ say('head.straddle', n=head.straddle.n) }}{{ ref(head.straddle.note) }}</p>{% endif %}
</header>
<section><h2>{{ say('summary') }}</h2><ul>
{% for s in summary %}<li>{% if s.word %}{{ say('summary.compared', what=phrase(s.what), now=cell(s.now), before=cell(s.before), word=say(s.word)) }}{% else %}{{ say('summary.plain', what=phrase(s.what), now=cell(s.now), before=cell(s.before)) }}{% endif %}</li>
{% endfor %}</ul></section>
<section><h2>{{ say('regions') }}</h2><p class="quiet">{{ say('regions.caption') }}</p>
{% for r in regions %}<h3>{{ phrase([r.region]) }}</h3>
<p class="quiet">{% if r.looked is none %}{% if r.region in grounds %}{{ say('regions.looks_held') }}{% endif %}{% elif r.looked %}{{ say('regions.looks', n=r.looks.n) }}{{ ref(r.looks.note) }}{% else %}<b>{{ say('regions.no_look') }}</b>{% endif %}</p>
{{ lines(r.rows, 2) }}{% endfor %}
{% if parts|length > 1 %}<h3>{{ say('row.weapons') }}</h3><table class="num"><tbody>{% for p in parts %}<tr><td>{{ say('head.evening', date=day(p.until)) }}</td><td>{{ cell(p.now) }}</td></tr>{% endfor %}</tbody></table>{% endif %}</section>
<section><h2>{{ say('harm') }}</h2><p class="quiet">{{ say('harm.caption') }}</p>{{ lines(harm, 0) }}
{% if targets %}<h3>{{ say('harm.targets') }}</h3>{{ lines(targets, 1) }}{% endif %}</section>
<section><h2>{{ say('areas') }}</h2>{% if zones %}<p class="quiet">{{ say('areas.caption') }}</p>
{% for z in zones %}<h3>{{ say('areas.zone', article=z.article, zone=z.zone) }}</h3>{% if z.looked == false %}<p class="quiet"><b>{{ say('regions.no_look') }}</b></p>{% endif %}{{ lines(z.rows, 1) }}{% endfor %}{% else %}<p>{{ say('areas.none') }}</p>{% endif %}</section>
<section><h2>{{ say('weapons') }}</h2><p class="quiet">{{ say('weapons.caption') }}</p>{{ records(weapons) }}</section>
<section><h2>{{ say('ordnance') }}</h2>{{ records(ordnance) }}</section>
<section><h2>{{ say('facilitation') }}</h2>{{ records(facilitation) }}</section>
{% if tallies %}<section><h2>{{ say('tallies') }}</h2><p class="quiet">{{ say('tallies.caption') }}</p><table><thead><tr><th>{{ say('col.what') }}</th><th>{{ say('col.figure') }}</th><th>{{ say('col.by') }}</th><th>{{ say('col.when') }}</th></tr></thead><tbody>
{% for t in tallies %}<tr><td>{{ told(t.about) }}{{ ref(t.note) }}</td><td>{{ isolated(t.figure) }} {{ told(t.unit) }}</td><td>{{ told(t.by) }}</td><td>{{ when(t.t0, t.t1) }}</td></tr>
{% endfor %}</tbody></table></section>{% endif %}
<section><h2>{{ say('restrictions') }}</h2><p class="quiet">{{ say('restrictions.caption') }}</p>{% if restrictions %}{{ lines(restrictions, 0) }}{% else %}<p>{{ say('records.none') }}</p>{% endif %}</section>
<section><h2>{{ say('mission') }}</h2>{{ lines([mission], 1) }}</section>
<section><h2>{{ say('annex') }}</h2>{% if annex.all %}<p class="quiet">{% if annex.rows|length < annex.all %}{{ say('annex.cut', n=annex.rows|length, all=annex.all) }}{% else %}{{ say('annex.caption', n=annex.all) }}{% endif %}</p>
<table class="annex"><thead><tr><th>{{ say('col.position') }}</th><th>{{ say('col.event') }}</th><th>{{ say('col.means') }}</th><th>{{ say('col.number') }}</th><th>{{ say('col.observation') }}</th><th>{{ say('col.description') }}</th><th>{{ say('col.weapon') }}</th><th>{{ say('col.date') }}</th><th>{{ say('col.time') }}</th></tr></thead><tbody>
{% for r in annex.rows %}<tr id="i-{{ r.id }}"><td>{{ stood(r) }}</td><td>{{ event(r) }}</td><td>{% for s in r.sensed %}{{ say('sensed.' ~ s) }}{% if not loop.last %}<br>{% endif %}{% endfor %}</td><td>{% if r.count_high is not none %}{{ range(r.count_low, r.count_high) }}{% else %}{{ say('cell.not_told') }}{% endif %}</td><td>{{ say('kind.' ~ r.kind) }}{% if r.denied %}<br><b>{{ say('annex.denied') }}</b>{% endif %}{% if r.vague %}<br>{{ say('annex.vague') }}{% endif %}<br><code><bdi>{{ r.id[:short] }}</bdi></code></td><td>{% for p in r.phases or ['undetermined'] %}{{ say('phase.' ~ p) }}{% if not loop.last %}<br>{% endif %}{% endfor %}</td><td>{{ told(r.weapon) }}</td>{{ dated(r.t0, r.t1) }}</tr>
{% endfor %}</tbody></table>{% else %}<p>{{ say('regions.none') }}</p>{% endif %}</section>
<section class="notes"><h2>{{ say('notes') }}</h2><p>{{ say('notes.caption') }}</p><ol>
{% for n in notes %}<li id="note-{{ n.note }}" value="{{ n.note }}">{{ noted(n, most) }}</li>
{% endfor %}</ol></section>
<footer><p>{{ say('foot.log', entries=head.size, root=head.root) }}<br>{{ say('foot.files', json=head.json, csv=head.csv) }}</p></footer>
</body></html>
"""

CSS = """
:root{color-scheme:light;--ink:#1d232b;--quiet:#5c6570;--rule:#d5d9de}
*{box-sizing:border-box}body{font:15px/1.5 "Source Sans 3","Segoe UI","Helvetica Neue",Arial,"Noto Sans","Noto Naskh Arabic","DejaVu Sans",sans-serif;color:var(--ink);max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem;line-height:1.2;margin:.4rem 0}h2{font-size:1.15rem;border-bottom:2px solid var(--ink);padding-bottom:.2rem;margin:2rem 0 .7rem}h3{font-size:1rem;margin:1.2rem 0 .2rem}
.level{background:#eef1f4;border-inline-start:4px solid var(--ink);padding:.35rem .7rem;margin:0 0 1rem}.remark{border:1.5px solid var(--ink);padding:.35rem .7rem;margin:0 0 .6rem;font-weight:600}.quiet{color:var(--quiet);font-size:.92em;margin:.2rem 0}
table{border-collapse:collapse;width:100%;font-size:.88rem;margin:.4rem 0;font-variant-numeric:tabular-nums}th,td{padding:.26rem .5rem;border-bottom:1px solid var(--rule);text-align:start;vertical-align:top}thead th{border-bottom:1.5px solid var(--ink);font-weight:600}
.num td:not(:first-child),.num th:not(:first-child){text-align:end}.part td:first-child{padding-inline-start:1.4rem}.annex{font-size:.78rem}.annex td,.annex th{padding:.2rem .35rem}
sup{font-size:.68em;line-height:0}sup a{text-decoration:none;color:#1f4f82}code{font:.86em ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}.notes ol{font-size:.8rem;padding-inline-start:2.2rem}footer{color:var(--quiet);font-size:.85rem;border-top:1px solid var(--rule);margin-top:2rem}
@media screen{section{overflow-x:auto}}@page{size:A4;margin:14mm 13mm}@media print{body{max-width:none;padding:0;font-size:9.5pt}h2,h3{break-after:avoid}tr,.notes li{break-inside:avoid}thead{display:table-header-group}.annex{font-size:7.4pt}.notes ol{columns:2;font-size:7pt}}
"""


def page(told: Mapping[str, Any], say: Speaker, english: Speaker, ids_shown: int) -> str:
    """What the report says -> its page in the speaker's language."""
    room = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    reads = _Reads(say, told["head"]["zone"])
    names = {name: getattr(reads, name) for name in dir(_Reads) if not name.startswith("_")}
    room.globals.update(names, say=say, english=english, isolated=say.isolated, words=say.words, short=SHORT)
    grounds = {"regions.whole", *(r["region"] for r in told["regions"] if r["region"].startswith("="))}
    made = room.from_string(PAGE)
    more = {"css": CSS, "most": ids_shown, "grounds": grounds}
    made.render(**told, **more, unchecked=None)  # which messages it uses is known once it has been made
    left = len(say.used - say.words.checked)
    return squeezed(made.render(**told, **more, unchecked=(left, len(say.used)) if left else None))


def _cut(name: str) -> str:
    """An id as people are shown it: of a row, the first digits of its capture and its number."""
    first, mark, row = name.partition("#")
    return f"{first[:SHORT]}{mark}{row}"


class _Reads:
    """What the template asks for: things of the record in the language's form."""

    def __init__(self, say: Speaker, zone: str) -> None:
        self._say, self._zone = say, zone

    def phrase(self, parts: Sequence[str]) -> Markup:
        """Keys, and words of the record behind `=`, one after the other."""
        said = [self._word(part) for part in parts]
        made = said[0]
        for one in said[1:]:
            made = self._say("list.two", a=made, b=one)
        return made

    def _word(self, part: str) -> Markup:
        return self._say.isolated(part[1:]) if part.startswith("=") else self._say.known(part, part.split(".")[-1])

    def noted(self, note: Mapping[str, Any], most: int) -> Markup:
        """A note: what was counted, its rows, their checksum, the entries of the log."""
        n = self._say("note.incidents" if note["table"] == "incidents" else "note.records", n=note["n"])
        what = self.phrase(note["says"])
        if not note["ids"]:
            return self._say("note.none", what=what, n=n)
        ids = Markup(" ").join(
            Markup("<code>{}</code>").format(self._say.isolated(_cut(i))) for i in note["ids"][:most]
        )
        if (left := len(note["ids"]) - most) > 0:
            ids = self._say("list.two", a=ids, b=self._say("note.more", n=left))
        checksum = self._say("note.checksum", sum=note["sha256"][:SHORT])
        entries = self._say("note.entries", entries=", ".join(note["entries"]))
        return self._say("note.whole", what=what, n=n, ids=ids, sum=checksum, entries=entries)

    def range(self, low: int, high: int) -> Markup:
        """Lowest to highest; one number where they are the same."""
        return self._say.isolated(low) if low == high else self._say("cell.range", low=low, high=high)

    def told(self, text: str | None) -> Markup:
        """A word of the record; nothing where there is none."""
        return Markup("") if text is None else self._say.isolated(text)

    def clock(self, at: str, zone: str | None = None) -> str:
        """The hour of an instant."""
        return f"{self._local(at, zone):%H:%M}"

    def day(self, at: str, zone: str | None = None) -> Markup:
        """The day of an instant."""
        return self._say.day(self._local(at, zone).date())

    def moment(self, at: str) -> Markup:
        """Hour and day of an instant."""
        return self._say("list.two", a=self._say.isolated(self.clock(at)), b=self.day(at))

    def when(self, since: str, until: str) -> Markup:
        """A span: to the minute, in the zone."""
        a, b = self._local(since), self._local(until)
        if (b - a).total_seconds() <= 60:
            return self._say.isolated(f"{a:%Y-%m-%d %H:%M}")
        last = f"{b:%H:%M}" if a.date() == b.date() else f"{b:%Y-%m-%d %H:%M}"
        return self._say.isolated(f"{a:%Y-%m-%d %H:%M} – {last}")

    def dated(self, since: str, until: str) -> Markup:
        """Two cells: the day, and the hour; a day that tells no hour says so."""
        a, b = self._local(since), self._local(until)
        whole = (a.hour, a.minute, b.hour, b.minute) == (0, 0, 0, 0) and a != b
        day = f"{a:%Y-%m-%d}" if whole or a.date() == b.date() else f"{a:%Y-%m-%d} – {b:%Y-%m-%d}"
        short = (b - a).total_seconds() <= 60
        hour = self._say.isolated(f"{a:%H:%M}" if short else f"{a:%H:%M} – {b:%H:%M}")
        cells = self._say.isolated(day), self._say("annex.hour") if whole else hour
        return Markup("<td>{}</td><td>{}</td>").format(*cells)

    def event(self, one: Mapping[str, Any]) -> Markup:
        """Where it was: a name, a point with its error."""
        if one["lon"] is None:
            return Markup("{} {}").format(self.told(one["place"]), self._say("cell.no_point"))
        point = self._say.isolated(f"{one['lat']:.3f}, {one['lon']:.3f}")
        if one["radius_km"] is not None:
            point = self._say("cell.about", point=point, radius=self._say("unit.km", n=one["radius_km"]))
        return Markup("{} {}").format(self.told(one["place"]), point)

    def stood(self, one: Mapping[str, Any]) -> Markup:
        """Where observers stood, and where they pointed; where the level may not tell it, that."""
        if one["observers"] is None:
            return self._say("cell.not_at_level")
        return Markup("<br>").join(self._one_stood(s) for s in one["observers"]) or self._say("cell.not_told")

    def _one_stood(self, s: Mapping[str, Any]) -> Markup:
        at = Markup("")
        if s["lon"] is not None:
            at = self._say.isolated(f"{s['lat']:.4f}, {s['lon']:.4f}")
        far = None
        if s["far_km"] is not None:
            far = self._say("unit.range_km", low=s["near_km"] or 0, high=s["far_km"])
        turn = None if s["bearing_deg"] is None else self._say("unit.degrees", n=round(s["bearing_deg"]))
        towards = self._say("annex.towards", range=far, bearing=turn) if far and turn else far or turn
        return Markup("{} ({})").format(at, towards) if towards else at

    def _local(self, at: str, zone: str | None = None) -> datetime:
        return datetime.fromisoformat(at).astimezone(ZoneInfo(zone or self._zone))
