"""Floor 4: the order of the rooms, on one screen. Rooms think; this remembers what they were given and what they said.

    pull      outside -> captures -> batches                      entries: capture, observations, custody
    agree     a YAML file -> an agreement                         entry:   agreement
    attach    a document's lines -> the text of a term            entries: capture, custody, attachment
    learn     batches, judgements -> what is learnt of sources    entry:   run
    locate    observers' bearings and ranges -> regions           entry:   run
    fuse      batches, learnt, judgements -> incidents, links     entry:   run
    assess    incidents, areas, agreement -> findings             entry:   run
    report    all of that, at a release level -> a page and files entry:   run

Incidents and findings are a pure function of a prefix of the log; `as_of` is the length of that prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from trucewatch import assess as assess_room
from trucewatch import casework, learning
from trucewatch import fuse as fuse_room
from trucewatch import report as report_room
from trucewatch.archive import Known, batch, commit, know, salt_of_inputs
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import canonical, leaves, sha256
from trucewatch.custody import line
from trucewatch.dailies import daily_asked, daily_files, daily_inputs, daily_told
from trucewatch.documents import DOCUMENT, body_of_capture, kept, same_bytes
from trucewatch.locating import fused as fused_with_places
from trucewatch.locating import regions_of, sector_params
from trucewatch.ports import Capture, Fetched, Request, Source, Store, Tools, Transport
from trucewatch.report.daily import DailyRequest
from trucewatch.reporting import files_of, inputs_of, material_of, report_folder, told_of, withheld_too
from trucewatch.tables import AREAS, INCIDENTS


@dataclass(frozen=True)
class Pulled:
    """One capture and what was read from it; `new` is false where the case held the very bytes already, read just so.

    replaces: captures of the very same bytes that were read in another way (another mapping, another zone); this
    reading stands in their place from now on.
    """

    capture: Capture
    rows: int
    counts: dict[str, int]
    problems: pl.DataFrame
    new: bool
    replaces: tuple[str, ...] = ()


def pull(
    store: Store,
    source: Source,
    request: Request,
    transport: Transport,
    tools: Tools,
    beside: tuple[tuple[str, bytes], ...] = (),
) -> list[Pulled]:
    """Capture, read and keep. All captures of one pull become entries together, at its end, or none does.

    beside: entries that go in with them, where anything of it is new.
    """
    with store.writing():
        known = know(store)
        done: list[Pulled] = []
        lines: list[tuple[str, bytes]] = []
        brought: list[Fetched] = []
        for fetched in source.fetch(request, transport):
            if any(fetched.raw == b.raw and fetched.options == b.options for b in brought):  # given twice in one pull
                continue
            brought.append(fetched)
            tools.tell(f"reading {fetched.url.rsplit('/', 1)[-1]}")
            same = same_bytes(store, known, source.name, fetched)
            if held := [c for c in same if dict(c.options) == dict(fetched.options)]:
                done.append(Pulled(held[0], 0, {}, pl.DataFrame(), new=False))
                continue
            done.append(_capture(store, source, fetched, tools, lines, [c.id for c in same]))
        if not done:
            raise InputError(
                "brought nothing: no file was given and the feed had nothing for that window", file=source.name
            )
        if new := [p.capture.id for p in done if p.new]:
            lines.append(line(tools, "imported" if request.files else "fetched", new))
            lines += beside
        commit(store, lines, tools.clock, tools.maker)
    return done


def _capture(
    store: Store, source: Source, fetched: Fetched, tools: Tools, lines: list[tuple[str, bytes]], replaces: list[str]
) -> Pulled:
    salt = tools.salt()
    capture = fetched.capture(salt, source.name, tools.clock.now())
    read = source.read(capture, fetched.raw)
    tables = read.tables()
    store.vault.put(capture.id, salt, fetched.raw)
    lines.append(("capture", canonical(body_of_capture(capture, fetched, tools, replaces))))
    files = {
        name: store.objects.put(batch(table, name, capture.id, salt)) for name, table in tables.items() if table.height
    }
    body = {"capture": capture.id, "rows": read.rows, "code": tools.code, "tables": files}
    lines.append(("observations", canonical(body)))
    counts = {name: table.height for name, table in tables.items()}
    return Pulled(capture, read.rows, counts, tables["problems"], new=True, replaces=tuple(replaces))


def agree(store: Store, text: str, file: str, tools: Tools) -> assess_room.Agreement:
    """Check an agreement and enter it, once for the same bytes. A later file of the same id is its next edition."""
    agreed = checked(text, file)
    with store.writing():
        if know(store).agreements.get(agreed.id, (None, b""))[1] != text.encode():
            commit(store, [("agreement", text.encode())], tools.clock, tools.maker)
    return agreed


def checked(text: str, file: str) -> assess_room.Agreement:
    """An agreement's text -> the agreement, its grounds tried too. Raises InputError with every fault."""
    agreed = assess_room.agreement(text, file)
    assess_room.assess(*_nothing(), agreed)
    return agreed


def text_of(raw: bytes, file: str) -> str:
    """A file's bytes -> text, or InputError: agreements are UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=file, expected="an agreement as YAML") from None


def _nothing() -> tuple[pl.DataFrame, pl.DataFrame]:
    return INCIDENTS.empty(), AREAS.empty()


def attach(
    store: Store, agreement: str | None, term: str, fetched: Fetched, span: tuple[int, int], tools: Tools
) -> Capture:
    """Keep a document and enter which of its lines (first, last; from 1) are the verbatim text of a term."""
    known = know(store)
    agreed = chosen(known, agreement)
    if term not in (names := [t.id for t in agreed.terms]):
        raise InputError(f"the agreement {agreed.id} has no term {term!r}", expected=", ".join(names))
    try:
        height = len(fetched.raw.decode("utf-8").splitlines())
    except UnicodeDecodeError:
        raise InputError("is not text", file=fetched.url, expected="a plain text file in UTF-8") from None
    if not 1 <= span[0] <= span[1] <= height:
        there = f"lines between 1 and {height}, the first one first" if height else "a file that is not empty"
        raise InputError(f"there are no lines {span[0]} to {span[1]}", file=fetched.url, expected=there)
    with store.writing():
        held = same_bytes(store, know(store), DOCUMENT, fetched)
        lines: list[tuple[str, bytes]] = []
        if held:
            capture = held[0]
        else:
            capture, lines = kept(store, fetched, tools)
            lines.append(line(tools, "imported", [capture.id]))
        body = {"agreement": agreed.id, "term": term, "capture": capture.id, "lines": list(span)}
        body["salt"] = tools.salt().hex()
        commit(store, [*lines, ("attachment", canonical(body))], tools.clock, tools.maker)
    return capture


def chosen(known: Known, name: str | None) -> assess_room.Agreement:
    """The agreement of that id, or the only one. Raises InputError."""
    if name is None and len(known.agreements) == 1:
        name = next(iter(known.agreements))
    if name not in known.agreements:
        if not known.agreements:
            what = f"no agreement was entered among the first {known.size} entries of the log"
            raise InputError(what, expected="one to be added with: trucewatch agree FILE")
        there = ", ".join(sorted(known.agreements))
        if name is None:
            raise InputError("the case has several agreements", field="--agreement", expected=f"one of {there}")
        raise UnknownName("agreement in this case", name, known.agreements)
    entry, raw = known.agreements[name]
    return assess_room.agreement(raw.decode(), f"agreement {name} (entry {entry})")


@dataclass(frozen=True)
class Run:
    """A result of a room: its entry's body, the tables, and whether it was made now or found."""

    body: dict[str, Any]
    tables: dict[str, pl.DataFrame]
    new: bool


def remembered(
    store: Store, known: Known, wanted: dict[str, Any], tools: Tools, think: Callable[[], dict[str, pl.DataFrame]]
) -> Run:
    """Find this very run in the log, or think, keep the result and enter it."""
    room, inputs = wanted["room"], wanted["inputs"]
    # What was known is a prefix of the log; what was made of it may stand anywhere in the log.
    for body in reversed(know(store).runs):
        if {key: body.get(key) for key in wanted} == wanted:
            return Run(body, {name: known.table_of(store, sha) for name, sha in body["outputs"].items()}, new=False)
    tools.tell(room)
    tables = think()
    with store.writing():
        _unless_withheld(store, room, inputs)
        salt = salt_of_inputs(store, inputs)
        outputs = {name: store.objects.put(batch(table, name, room, salt)) for name, table in tables.items()}
        body = {**wanted, "outputs": outputs, "tree_size": known.size}
        commit(store, [("run", canonical(body))], tools.clock, tools.maker)
    return Run(body, tables, new=True)


def identified(room: str, inputs: dict[str, Any], params: Any, tools: Tools) -> dict[str, Any]:
    """What makes a run the very same one."""
    told = {name: repr(value) for name, value in asdict(params).items()}
    return {"room": room, "inputs": inputs, "code": tools.code, "params": told}


def _unless_withheld(store: Store, room: str, inputs: dict[str, Any]) -> None:
    """Somebody may have withheld, while we thought, what we were thinking of: then nothing of it is kept."""
    if held := know(store).standing(leaves(inputs)):
        raise held.refusal(f"what this run of {room} was made of")


def locate(store: Store, tools: Tools, as_of: int | None = None) -> Run:
    """Batches of the first `as_of` entries -> regions of the observations that tell a bearing or a range."""
    known, params = know(store, as_of), sector_params({})
    wanted = identified("locate", {"observations": known.batches["observations"]}, params, tools)
    return remembered(
        store, known, wanted, tools, lambda: {"regions": regions_of(known.table(store, "observations"), params)}
    )


def fuse(
    store: Store,
    tools: Tools,
    as_of: int | None = None,
    params: fuse_room.FuseParams | None = None,
    learnt: str = learning.LATEST,
) -> Run:
    """Batches of the first `as_of` entries -> incidents, links, problems; by the version of the learnt table that is
    named: its entry's number, `latest` among them, or `none`."""
    return _fuse(store, tools, know(store, as_of), params or fuse_room.FuseParams(), learnt)


def _fuse(store: Store, tools: Tools, known: Known, params: fuse_room.FuseParams, learnt: str = learning.LATEST) -> Run:
    use = learning.used(store, known, learnt)

    def think() -> dict[str, pl.DataFrame]:
        observations, times = known.table(store, "observations"), known.capture_times()
        fused = fused_with_places(observations, times, params, use.learnt, use.judged)
        return {name: getattr(fused, name) for name in learning.FUSED}

    inputs = {"observations": known.batches["observations"], **use.inputs}
    return remembered(store, known, identified("fuse", inputs, params, tools), tools, think)


def assess(
    store: Store,
    tools: Tools,
    agreement: str | None = None,
    as_of: int | None = None,
    params: assess_room.AssessParams | None = None,
    learnt: str = learning.LATEST,
) -> Run:
    """Incidents, areas and one agreement -> terms, findings, left_out. learnt: as `fuse` has it."""
    known = know(store, as_of)
    fused = _fuse(store, tools, known, fuse_room.FuseParams(), learnt)
    return _assess(store, tools, known, fused, chosen(known, agreement), params or assess_room.AssessParams())


def _assess(
    store: Store,
    tools: Tools,
    known: Known,
    fused: Run,
    agreed: assess_room.Agreement,
    params: assess_room.AssessParams,
) -> Run:
    inputs = {
        "incidents": fused.body["outputs"]["incidents"],
        "links": fused.body["outputs"]["links"],
        "areas": known.batches["areas"],
        "statements": known.batches["statements"],
        "agreement": sha256(known.agreements[agreed.id][1]),
        "judgements": casework.judgements(known, agreed.id),
    }

    def think() -> dict[str, pl.DataFrame]:
        areas, statements = known.table(store, "areas"), known.table(store, "statements")
        settled = casework.settled(known, agreed.id, fused.tables["links"])
        made = assess_room.assess(fused.tables["incidents"], areas, agreed, params, statements, settled)
        return assessed_tables(made)

    return remembered(store, known, identified("assess", inputs, params, tools), tools, think)


def assessed_tables(made: assess_room.Assessed) -> dict[str, pl.DataFrame]:
    """What `assess` hands on, by the names that its run keeps it under."""
    return {name: getattr(made, name) for name in ("terms", "findings", "left_out", "owed", "ground")}


def report(
    store: Store,
    tools: Tools,
    request: report_room.ReportRequest,
    agreement: str | None = None,
    as_of: int | None = None,
    learnt: str = learning.LATEST,
) -> dict[str, bytes]:
    """Everything known -> the files of a report, entered with their hashes, their level and for whom they are.

    All of it is of one state of the log, whatever another process adds meanwhile. learnt: as `fuse` has it.
    """
    known = know(store, as_of)
    agreed = chosen(known, agreement)
    fused = _fuse(store, tools, known, fuse_room.FuseParams(), learnt)
    judged = _assess(store, tools, known, fused, agreed, assess_room.AssessParams())
    tools.tell("report")
    asked = _asked(request, tools)
    inputs = inputs_of(known, agreed.id, fused.body["outputs"], judged.body["outputs"])
    try:
        made = report_room.report(material_of(store, known, agreed, fused.tables, judged.tables, asked.level), asked)
    except InputError as wrong:
        raise withheld_too(known, wrong) from None
    files = files_of(made)
    # The body goes out with the report, at its level: for whom it is and what it was made of stand apart, under a salt.
    detail = {**told_of(asked, agreed.id), "inputs": inputs, "for": request.recipient, "salt": tools.salt().hex()}
    _publish(store, tools, known.size, request.level, (detail, files))
    return files


def daily(
    store: Store,
    tools: Tools,
    request: DailyRequest,
    languages: Mapping[str, str],
    agreement: str | None = None,
    as_of: int | None = None,
) -> dict[str, bytes]:
    """Everything known -> the files of a daily report, entered like any report. languages: name -> its catalogue."""
    known = know(store, as_of)
    agreed = chosen(known, agreement)
    fused = _fuse(store, tools, known, fuse_room.FuseParams())
    judged = _assess(store, tools, known, fused, agreed, assess_room.AssessParams())
    tools.tell("daily report")
    inputs = daily_inputs(known, agreed.id, {**fused.body["outputs"], **judged.body["outputs"]})
    told = daily_told(request, languages, agreed.id)
    files = daily_files(store, known, agreed, {**fused.tables, **judged.tables}, daily_asked(told))
    detail = {**told, "inputs": inputs, "for": request.recipient, "salt": tools.salt().hex()}
    _publish(store, tools, known.size, request.level, (detail, files))
    return files


def _publish(store: Store, tools: Tools, size: int, level: str, made: tuple[dict[str, Any], dict[str, bytes]]) -> None:
    """Enter a report's run, then put its files where those of its level lie."""
    detail, files = made
    body = {
        "room": "report", "code": tools.code, "level": level, "tree_size": size,
        "outputs": {name: sha256(raw) for name, raw in files.items()},
    }  # fmt: skip
    with store.writing():
        _unless_withheld(store, "report", detail["inputs"])
        body["detail"] = store.objects.put(canonical(detail))
        # Entered first: a file that lies there is always one that the log knows.
        commit(store, [("run", canonical(body))], tools.clock, tools.maker)
        store.publish({f"{report_folder(level)}/{name}": raw for name, raw in files.items()})


def _asked(request: report_room.ReportRequest, tools: Tools) -> report_room.ReportRequest:
    """The request with the time it is made, and the bars that `assess` used."""
    bars = assess_room.AssessParams()
    return replace(
        request,
        made_at=request.made_at or tools.clock.now(),
        indicated=bars.indicated,
        strongly=bars.strongly_indicated,
    )


def run(
    store: Store, tools: Tools, text: str, file: str, request: report_room.ReportRequest, as_of: int | None = None
) -> dict[str, bytes]:
    """The main job: an agreement's file and what was pulled -> the report's files."""
    if as_of is None:
        agreed = agree(store, text, file, tools)
    else:
        agreed = assess_room.agreement(text, file)
        if know(store, as_of).agreements.get(agreed.id, (None, b""))[1] != text.encode():
            raise InputError(
                f"is not the edition of {agreed.id} that the first {as_of} entries hold",
                file=file,
                expected="that very file, or no --as-of",
            )
    return report(store, tools, request, agreed.id, as_of)
