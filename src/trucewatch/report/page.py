"""The page's template. One file with everything in it: it opens offline, and prints."""

from __future__ import annotations

import re

from trucewatch.report import rings, said, settled, watching

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ head.title }}: situation report</title>
<meta name="trucewatch:level" content="{{ head.level }}"><style>{{ css|safe }}</style></head><body>
{% macro cases(rows) %}<table class="cases"><thead><tr><th>Entry</th><th>What, by whom, when</th><th>About</th><th>The tool indicates</th><th>Answer and words</th></tr></thead><tbody>
{% for c in rows %}{% set gone = c.superseded_by is not none %}<tr{% if gone %} class="gone"{% endif %}><td>{{ c.entry }}{% if c.answers is not none %}<br><span class="quiet">to {{ c.answers }}</span>{% endif %}</td><td>{% if gone %}<s>{% endif %}{{ c.what|capitalize }}, {{ c.who }}, {{ c.when }}{% if gone %}</s> <span class="quiet">superseded by entry {{ c.superseded_by }}</span>{% endif %}{% if c.after_report is not none %}<br><span class="quiet">after the report of entry {{ c.after_report }}</span>{% endif %}</td><td>{% for name in c.about %}<code>{{ name }}</code> {% endfor %}{% if c.now %}<br><span class="quiet">incident {{ c.now|join(', ') }}</span>{% endif %}</td><td>{{ c.tool }}</td><td>{% if gone %}<s>{% endif %}{% if c.answer %}<b>{{ c.answer }}</b>{% endif %}{% if c.words %}{{ '. ' if c.answer else '' }}<span class="said">{{ c.words|clipped }}</span>{% elif c.held %} <span class="quiet">The words: {{ c.held }}</span>{% elif not c.answer %}<span class="quiet">the words are not told at this level</span>{% endif %}{% if gone %}</s>{% endif %}{% if c.documents %}<br><span class="quiet">documents: {{ c.documents|join(', ') }}</span>{% endif %}</td></tr>
{% endfor %}</tbody></table>{% endmacro %}
{% macro ref(n) %}<sup><a href="#note-{{ n }}" id="ref-{{ n }}-{{ loop_id() }}">{{ n }}</a></sup>{% endmacro %}
<header>
<p class="level">Release level: <b>{{ head.level }}</b>{% if head.recipient %}, made for {{ head.recipient }}{% endif %}. {{ head.level_says }}</p>
{% if head.remark %}<p class="remark">{{ head.remark }}</p>{% endif %}
<h1>{{ head.title }}</h1>
<p class="sub">Situation report for <b class="day">{{ head.since }}</b> to <b class="day">{{ head.until }}</b> ({{ head.ends_says }}), against the previous period of the same length. Times in {{ head.zone }}.
{% if head.record_since %}The record, of what was seen and of when somebody looked, runs from <span class="day">{{ head.record_since }}</span> to <span class="day">{{ head.record_until }}</span>.{% else %}The record holds nothing.{% endif %}
The agreement: {{ head.text }}. Source: {{ head.source }}{{ '' if head.source.endswith('.') else '.' }}</p>
<p class="lead">The tool indicates; people determine. Every number of incidents in the table of section 1 and in section 4's tables of verdicts has a note that leads to its rows, to the captures they were read from, and to the log; so has what is contested. Other numbers have none. Probabilities of incidents are priors, not yet calibrated on adjudicated cases.</p>
</header>

<section><h2>1. Situation against the previous period</h2>
<table class="num"><caption>Incidents whose whole span lies in the period{% if head.straddle == 1 %}; 1 more is dated so vaguely that it may lie in it or not{% elif head.straddle %}; {{ head.straddle }} more are dated so vaguely that they may lie in it or not{% endif %}</caption>
<thead><tr><th>What</th><th>This period</th><th>Previous</th><th>Compared</th></tr></thead><tbody>
{% for row in summary %}<tr{% if row.measure.startswith('of them') or row.measure.startswith('kind') %} class="part"{% endif %}><td>{{ row.measure|replace('_',' ') }}</td><td>{{ row.now }}{{ ref(row.note) }}</td><td>{{ row.before_says }}{% if row.note_before %}{{ ref(row.note_before) }}{% endif %}</td><td>{{ row.word }}</td></tr>
{% endfor %}{% for row in casualties %}<tr><td>Persons {{ row.measure }}, lowest to highest</td><td>{{ row.now_says }}{{ ref(row.note) }}</td><td>{{ row.before_says }}{% if row.note_before %}{{ ref(row.note_before) }}{% endif %}</td><td></td></tr>{% endfor %}
</tbody></table>
{% if summary[-1].measure.startswith('Only') %}<p class="quiet">Only denied: somebody says that it did not happen, and nobody that it did. It is not counted as an incident in sections 1 to 3; it stands in the annex and the files, and is judged there and in section 4 like any other.</p>{% endif %}
{% if head.too_recent %}<p class="quiet">{{ head.too_recent|counted('incident') }} {{ 'is' if head.too_recent == 1 else 'are' }} too recent for this release level and not in this report.</p>{% endif %}</section>

<section><h2>2. When</h2>{{ timeline.svg|safe }}
<p class="quiet">Incidents per {{ timeline.bar }}; the dark part are those in which somebody was killed. Shaded: the period. Marks: starts and ends as each reading has them.{% if timeline.unrecorded %} Hatched: the record does not reach there; no bar does not mean none.{% endif %}{% if timeline.vague %} {{ timeline.vague|counted('incident') }} {{ 'is' if timeline.vague == 1 else 'are' }} dated no finer than a bar and not drawn.{% endif %}</p></section>

<section><h2>3. Where</h2>{% if map.svg %}{{ map.svg|safe }}{% else %}<p>No incident of the period has a place.</p>{% endif %}
<p class="quiet">{{ map.shown|counted('incident') }} of the period {{ 'is' if map.shown == 1 else 'are' }} shown{% if map.outside %}, {{ map.outside }} {{ 'lies' if map.outside == 1 else 'lie' }} outside the window{% endif %}{% if map.unplaced %}, {{ map.unplaced }} {{ 'has' if map.unplaced == 1 else 'have' }} no place{% endif %}.{% if map.svg %} Longitude and latitude, OGC:CRS84. Circles: incidents per cell of {{ head.map_cell }} km{{ head.coarse }}, their area by their number.{% endif %}{% if map.lines %} Dashed dark: lines drawn by a map.{% endif %}{% if map.zones %} Dotted blue: zones of the terms.{% endif %}
{% for ground in map.grounds %}<span class="swatch" style="background:{{ ground.fill }}"></span> {{ ground.says }}. {% endfor %}{% if map.grounds %}Ground is shown as the named map has it; the project takes no view of whose it is.{% endif %}</p></section>

<section><h2>4. Article by article</h2>
<p>An incident can bear on several articles. <i>Indicated</i>: the lower bound is at least {{ head.indicated }}; <i>strongly</i>: at least {{ head.strongly }}; <i>cannot tell</i>: the bounds straddle {{ head.indicated }}. <i>Contested</i>: the readings of one article answer differently.</p>
{% for a in articles %}<article><h3>Article {{ a.article }}: {{ a.term|replace('-',' ') }}</h3>
<p>{{ a.says }} <span class="quiet">(in our own words; source: {{ a.source }})</span></p>
{% if a.quote and a.quote.quote is none %}<p class="quiet">The text that was attached here is withheld (section 5).</p>{% elif a.quote %}<blockquote>{{ a.quote.quote }}<footer>verbatim, from capture {{ a.quote.capture[:12] }}</footer></blockquote>{% endif %}
<p class="quiet">Where: {{ a.where }}.{% if a.unless %} Except: {{ a.unless }}.{% endif %}</p>
<table class="num"><thead><tr><th>Reading</th><th class="left">In force</th><th>Strongly indicated</th><th>Indicated</th><th>Cannot tell</th><th>Not indicated</th></tr></thead><tbody>
{% for r in a.readings %}<tr><td>{{ r.name }}{% if r.differs %}<br><span class="quiet">differs in: {{ r.differs }}</span>{% endif %}</td><td class="left">{{ r.since_says }} to {{ r.until_says }}</td>{% for v in verdicts %}<td>{{ r.verdicts[v].n }}{{ ref(r.verdicts[v].note) }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table>
<p>Contested between readings: {{ a.contested.n|counted('incident') }}{{ ref(a.contested.note) }}.</p>
<div class="readings">{% for r in a.readings %}<div class="reading"><h4>Reading of {{ r.name }}</h4>
<p>This reading: {% if r.reading == 'text' %}the article as it stands above{% else %}{{ r.says }}{% endif %} <span class="quiet">(source: {{ r.source }})</span></p><ul>
{% if r.lacks %}<li><b>Not at hand:</b> {{ r.lacks }}</li>{% endif %}
{% for w in r.weakest %}<li>Weakest link in {{ w.n|counted('incident') }}: {{ w.what }}</li>{% endfor %}
{% for w in r.would_settle %}<li>Would settle {{ w.n }} that cannot be told: {{ w.what }}</li>{% endfor %}
{% for w in r.left_out %}<li>{{ w.n|counted('incident') }} of the whole record {{ 'does' if w.n == 1 else 'do' }} not bear on it: {{ w.reason }}</li>{% endfor %}</ul></div>{% endfor %}</div>
{% if a.owed %}<h4>What was owed, and what was counted</h4><table><caption>Each speaker's counts by themselves: counts of two are never added.</caption><thead><tr><th>Reading</th><th>Period</th><th>What</th><th>Agreed</th><th>Counted</th><th>By whom</th><th>Covered</th><th>Not kept?</th><th>Would settle it</th></tr></thead><tbody>
{% for o in a.owed %}<tr><td>{{ o.reading }}</td><td>{{ o.when }}</td><td>{{ o.what }}</td><td>{{ o.owed }}</td><td>{{ o.counted }}</td><td>{{ o.by }}</td><td>{{ o.covered }}</td><td>{{ o.verdict }} <code class="id">{{ o.finding[:12] }}</code></td><td>{{ o.would_settle }}</td></tr>
{% endfor %}</tbody></table>{% endif %}
{% if a.casework %}<h4>Case work: what people said and decided, beside what the tool indicates</h4>{{ cases(a.casework) }}{% endif %}
{% if a.attribution %}<p class="quiet">Whom sources named as having done it, incidents under the text: {% for w in a.attribution %}{{ w.what }} {{ w.n }}{{ '; ' if not loop.last else '.' }}{% endfor %}</p>{% endif %}
</article>{% endfor %}
{% if casework.others %}<article><h3>Case work on no one article</h3>{{ cases(casework.others) }}</article>{% endif %}
{% if casework.elsewhere %}<p class="quiet">Case work on other periods alone, in report.json: {{ casework.elsewhere }} of its entries.</p>{% endif %}
{% if casework.too_recent %}<p class="quiet">Case work too recent for this release level: {{ casework.too_recent }} of its entries.</p>{% endif %}</section>

SAID_SECTION
RINGS_PART
<section><h2>5. What could not be seen</h2><p>{{ coverage.says }}</p>
{% if coverage.watched %}<p>{{ coverage.watched.says }} Bounds, whatever hangs together with what; of ground at which nobody looked nothing is known.</p>{% endif %}
<table class="num"><caption>Who spoke{% if coverage.detailed %} and who looked{% endif %} in the period</caption><thead><tr><th>Source</th><th>Rows</th><th>of them denials</th><th>without a place</th>{% if coverage.detailed %}<th>Looks</th><th>Days with a look</th>{% endif %}</tr></thead><tbody>
{% for s in coverage.sources %}<tr><td>{{ s.source }}</td><td>{{ s.observations }}</td><td>{{ s.denials }}</td><td>{{ s.unplaced }}</td>{% if coverage.detailed %}<td>{{ s.looks or 'none recorded' }}</td><td>{{ s.days }} of {{ coverage.days }}</td>{% endif %}</tr>{% endfor %}</tbody></table>
{% if coverage.looks_of_unknown_power %}<p class="quiet">Of {{ coverage.looks|counted('look') }} {{ coverage.looks_of_unknown_power }} {{ 'does' if coverage.looks_of_unknown_power == 1 else 'do' }} not say how likely it was to notice what was there.</p>{% endif %}
{% if coverage.days_without_a_look %}<p>Days without a recorded look: {{ coverage.days_without_a_look|join(', ') }}.</p>{% elif not coverage.detailed %}<p class="quiet">Where and when nobody could have seen is not published at this level, nor which source looked when.</p>{% endif %}
<p>{{ reliable.says }}</p>
{% if reliable.bars %}<table class="num"><caption>Chances as they were said, and what people judged</caption><thead><tr><th>Chance from</th><th>Judged</th><th>Said</th><th>Was</th></tr></thead><tbody>
{% for b in reliable.bars %}<tr><td>{{ b.least }}</td><td>{{ b.n }}</td><td>{{ b.said }}</td><td>{{ b.was }}</td></tr>{% endfor %}</tbody></table>{% endif %}
{% if reliable.sides %}<p>Per side that is said to have done it, the mean difference is: {% for s in reliable.sides %}{{ s.side }} {{ s.error }} ({{ s.n }} judged){% if not loop.last %}; {% endif %}{% endfor %}.</p>{% endif %}
{% if reliable.unseen %}<table class="num"><caption>Incidents of the whole record that nobody reported, estimated from how often sources tell of the same ones</caption><thead><tr><th>Kind</th><th>Told of</th><th class="left">Not told of</th><th>Likely no fewer than</th></tr></thead><tbody>
{% for u in reliable.unseen %}<tr><td>{{ u.stratum|replace('_',' ') }}</td><td>{{ u.seen }}</td><td class="left">{{ u.says }}</td><td>{{ u.least or 'unknown' }}</td></tr>{% endfor %}</tbody></table>{% endif %}
{% for w in withheld %}<p>{{ w.n|counted('capture') }} {{ 'is' if w.n == 1 else 'are' }} withheld by {{ w.by }} ({{ 'entry' if w.n == 1 else 'entries' }} {{ w.entries|join(', ') }}): {{ w.why }}. Nothing in this report is made of {{ 'it' if w.n == 1 else 'them' }}.</p>{% endfor %}</section>

<section><h2>6. Problems with the record</h2>{% if problems %}<table class="num"><thead><tr><th>What</th><th>Rows</th><th>of them lost</th><th class="left">For example</th></tr></thead><tbody>
{% for p in problems %}<tr><td>{{ p.code|replace('_',' ') }}</td><td>{{ p.n }}</td><td>{{ p.lost }}</td><td class="left">{{ p.example }}</td></tr>{% endfor %}</tbody></table>{% else %}<p>None.</p>{% endif %}</section>

<section><h2>Annex A. Incidents</h2>
<table class="annex incidents"><caption>{% if annex.rows|length < annex.all %}{{ annex.rows|length }} of {{ annex.all|counted('incident') }} that touch the period: those with the most telling findings, in order of time. All are in incidents.parquet.{% elif annex.all == 1 %}The 1 incident that touches the period.{% else %}All {{ annex.all }} incidents that touch the period, in order of time.{% endif %} Times in {{ head.zone }}. Sources that repeat each other are one voice. <i>Contested</i>: the readings of that article answer differently.</caption>
<colgroup><col style="width:11%"><col style="width:17%"><col style="width:8.5%"><col style="width:6%"><col style="width:6%"><col style="width:6%"><col style="width:13.5%"><col style="width:9%"><col style="width:23%"></colgroup>
<thead><tr><th>When</th><th>Where</th><th>What</th><th>Killed</th><th>Injured</th><th>Chance</th><th>Told by</th><th>By, as told</th><th>Article (reading): indication</th></tr></thead><tbody>
{% for r in annex.rows %}<tr id="i-{{ r.id }}"><td>{{ r.when }}</td><td>{{ r.where|replace(' km', '\u00a0km') }}</td><td>{{ r.kind }}{% if r.only_denied %} <b>(only denied)</b>{% endif %}</td><td>{{ r.killed }}</td><td>{{ r.injured }}</td><td>{{ r.p }}</td><td>{{ r.voices }}: <span class="quiet">{{ r.sources }}</span></td><td>{{ r.by }}</td><td>{{ r.findings }} <code class="id">{{ (r.finding or r.id)[:12] }}</code>{% for line in r.beside %}<br><b>{{ line }}</b>{% endfor %}{% if r.silent %}<br><span class="quiet">Looked there and then, and silent: {{ r.silent }}</span>{% endif %}</td></tr>
{% endfor %}</tbody></table></section>
{% if observed %}<section><h2>Annex B. Observations (restricted)</h2><table class="annex"><caption>{% if observed|length < observed_all %}In order of time, the first {{ observed|length }} of {{ observed_all }} observations that touch the period. The case holds all.{% elif observed_all == 1 %}The 1 observation that touches the period.{% else %}All {{ observed_all }} observations that touch the period, in order of time.{% endif %}</caption><thead><tr><th>Observation</th><th>Source</th><th>When</th><th>Kind</th><th>Says</th></tr></thead><tbody>
{% for o in observed %}<tr><td><code class="id">{{ o.id[:12] }}#{{ o.id.split('#')[1] }}</code></td><td>{{ o.source }}</td><td>{{ o.when }}</td><td>{{ o.stance }} {{ o.kind }}</td><td>{{ o.says or '' }}</td></tr>{% endfor %}</tbody></table></section>{% endif %}

<section class="notes"><h2>Notes</h2><p class="quiet">Each note: the incidents behind a number, the filter (SQL) that finds them in incidents.parquet or findings.csv, and how many rows of which entry of the log (see Sources) speak of them. The lists stand in report.json under the same numbers, with filters in full. Checksum: the first {{ short }} digits of the SHA-256 over the list, the ids sorted, joined by a newline. In the filters below {% for word, rule in rules.items() %}{{ word }} stands for <code>{{ rule }}</code>{{ '; ' if not loop.last else '.' }}{% endfor %}</p><ol>
{% for n in notes %}<li id="note-{{ n.note }}" value="{{ n.note }}">{{ n.says }}: {{ n.incidents|counted('incident') }}; {{ n.table }} where <code>{{ n.filter|shortened }}</code>; checksum <code class="id">{{ n.incident_ids_sha256[:short] }}</code>{% if n.list_says %}; {{ n.list_says }}{% endif %}{% if n.captures %}; rows by entry {% for c in n.captures %}{{ c.entry }}: {{ c.observations }}{{ ', ' if not loop.last else '' }}{% endfor %}{% endif %}.</li>
{% endfor %}</ol></section>

<section><h2>Sources</h2><table class="num annex"><thead><tr><th>Capture</th><th class="left">Feed</th>{% if head.level == 'restricted' %}<th class="left">File</th>{% endif %}<th class="left">Licence</th><th>Fetched (UTC)</th><th>Entry</th></tr></thead><tbody>
{% for c in captures %}<tr><td><code class="id">{{ c.capture[:12] }}</code></td><td class="left">{{ c.source }}</td>{% if head.level == 'restricted' %}<td class="left">{{ c.name }}</td>{% endif %}<td class="left">{{ c.licence }}</td><td>{{ c.fetched }}</td><td>{{ c.entry }}</td></tr>{% endfor %}</tbody></table></section>
<footer><p>Made {{ head.made }} UTC from the first {{ head.size }} entries of the case's log, root <code>{{ head.root }}</code>. To follow any finding back to the bytes: <code>trucewatch why FINDING</code>, with the id from the annex. Known to the log, published by the source, and happened are three different times; the period above is when it happened.</p></footer>
</body></html>
""".replace("SAID_SECTION", said.SECTION + settled.SECTION + watching.SECTION).replace("RINGS_PART", rings.SECTION)

CSS = """
:root{color-scheme:light;--ink:#1d232b;--quiet:#5c6570;--rule:#d5d9de}
*{box-sizing:border-box}body{font:15px/1.5 "Source Sans 3","Segoe UI","Helvetica Neue",Arial,"Liberation Sans","Noto Sans","DejaVu Sans",sans-serif;color:var(--ink);max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.7rem;line-height:1.2;margin:.4rem 0}h2{font-size:1.15rem;border-bottom:2px solid var(--ink);padding-bottom:.2rem;margin:2.2rem 0 .8rem}h3{font-size:1.02rem;margin:1.4rem 0 .3rem}
.level{background:#eef1f4;border-left:4px solid var(--ink);padding:.35rem .7rem;margin:0 0 1rem}.sub{margin:.2rem 0}.lead{max-width:46rem}.quiet{color:var(--quiet);font-size:.92em}table .quiet,.notes .quiet{font-size:1em}
table{border-collapse:collapse;width:100%;font-size:.88rem;margin:.5rem 0;font-variant-numeric:tabular-nums}caption{text-align:left;color:var(--quiet);padding-bottom:.3rem}
th,td{padding:.28rem .5rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}thead th{border-bottom:1.5px solid var(--ink);font-weight:600}
.num td:not(:first-child),.num th:not(:first-child){text-align:right}.num td.left,.num th.left{text-align:left!important}.part td:first-child{padding-left:1.4rem}
sup{font-size:.68em;line-height:0}sup a{text-decoration:none;color:#1f4f82;padding-left:.15em}code{font:.86em ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
blockquote{border-left:3px solid var(--rule);margin:.5rem 0;padding:.2rem .9rem;white-space:pre-line}blockquote footer{color:var(--quiet);font-size:.85rem}
svg{width:100%;height:auto;display:block}.ground svg{width:22rem;max-width:100%}.grid{stroke:#e6e6e3;stroke-width:.8;fill:none}.degree{font-size:10.5px;fill:#6a6f76}.place{font-size:11.5px;fill:#1d232b;paint-order:stroke;stroke:#fff;stroke-width:2.6px}.mark{font-size:10.5px;fill:#1f4f82;paint-order:stroke;stroke:#fff;stroke-width:2.4px}
.swatch{display:inline-block;width:.9em;height:.9em;border:1px solid #9aa;vertical-align:-.1em}.legend{font-size:11px;fill:#3a414a}.notes ol{font-size:.8rem;padding-left:2.2rem}footer{color:var(--quiet);font-size:.85rem;border-top:1px solid var(--rule);margin-top:2rem}
.remark{border:1.5px solid var(--ink);padding:.35rem .7rem;margin:0 0 1rem;font-weight:600}code.id,.day{white-space:nowrap}code.id{overflow-wrap:normal}
h4{font-size:.95rem;margin:0 0 .2rem}.readings{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:.6rem 1.2rem;margin:.5rem 0}.reading{border-top:2px solid var(--rule);padding-top:.4rem;font-size:.94em}.reading p{margin:.2rem 0}.reading ul{margin:.3rem 0;padding-left:1.2rem}
.cases{font-size:.8rem}.cases .said{white-space:pre-line}.cases .gone{color:var(--quiet)}
.annex{font-size:.78rem;line-height:1.35}.annex td,.annex th{padding:.22rem .35rem}.incidents{table-layout:fixed}.incidents td,.incidents th{overflow-wrap:break-word}
@media screen{section{overflow-x:auto}.incidents{min-width:46rem}}
@page{size:A4;margin:14mm 13mm}
@media print{html{font-size:9.5pt}body{max-width:none;padding:0;font-size:9.5pt;line-height:1.35}h1{font-size:16pt}h2{font-size:12pt;margin:5mm 0 2mm}h3{font-size:10.5pt;margin:4mm 0 1mm}h2,h3,h4{break-after:avoid}p{margin:1.5mm 0;orphans:3;widows:3}.lead{max-width:none}
table{font-size:8.5pt}th,td{padding:.6mm 1.5mm}tr,svg,blockquote,.reading,.notes li{break-inside:avoid}thead{display:table-header-group}svg.map{width:auto;max-width:100%;max-height:125mm;margin:0 auto}a{color:inherit}
.reading{font-size:8.5pt}.readings{grid-template-columns:repeat(auto-fit,minmax(75mm,1fr))}.annex{font-size:7.4pt;line-height:1.25}.annex td,.annex th{padding:.45mm .8mm}.notes p{font-size:7.5pt}.notes ol{columns:2;column-gap:6mm;font-size:7pt;line-height:1.25;padding-left:5mm;margin:1mm 0}.notes li{margin-bottom:.6mm}.level,.remark{print-color-adjust:exact;-webkit-print-color-adjust:exact}.swatch,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def clipped(text: str, most: int = 1200) -> str:
    """Words as the page prints them: a long text is cut, and says so.

    >>> clipped("a long word", 6)
    'a long … (cut; the whole text stands in report.json)'
    """
    return text if len(text) <= most else f"{text[:most].rstrip()} … (cut; the whole text stands in report.json)"


def shortened(text: str, rules: dict[str, str]) -> str:
    """A filter with the rules that all share as one word each.

    >>> shortened("kind = 'shelling' and t0 < '2026'", {"PERIOD": "t0 < '2026'"})
    "kind = 'shelling' and PERIOD"
    """
    for word, rule in rules.items():
        text = text.replace(rule, word)
    return text


def squeezed(page: str) -> str:
    """The page without the blank lines that a template leaves."""
    return re.sub(r"\n\s*\n+", "\n", page)
