"""A sentence -> who is said to say something in it, with what verb, and which part of it is what was said.

Steps, for each verb of saying outside quotations: is it one (no infinitive, passive, noun or silence); where does its
clause begin; is its subject left of it, right of it, or the one before; which part is what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from trucewatch.claims.params import ReadParams
from trucewatch.claims.sentences import CLOSE, Quote, quotes
from trucewatch.claims.wording import Wording, any_of

_FILL = "\x00"
ELLIPTIC = "a figure without a verb of saying"
_NAME = re.compile(r"\b[A-Z][\w'’\-]+(?:\s+(?:[A-Z][\w'’\-]*|(?:de|van|von|al|bin)\b))+")
_BREAK = re.compile(rf"[;:{CLOSE}]|,\s*(?:and|but|while|yet)\b|\bbut\b|,\s*(?=\x01)")


@dataclass(frozen=True)
class Saying:
    """subject: the words that name the speaker, None where it is the one before; beside: words in apposition.

    start, end: of what was said, in the sentence; around: the rest of it, where a day is one of saying; rule: which
    rule found it; verb: the word.
    """

    subject: str | None
    beside: str
    speech: str
    verb: str
    at: int
    start: int
    end: int
    around: str
    rule: str


def sayings(sentence: str, words: Wording, params: ReadParams) -> list[Saying]:
    """Sentence -> the sayings in it, in their order."""
    said = quotes(sentence, params)
    masked = _masked(sentence, said)
    found = [*_verbs(masked, words, params), *_according(masked, words)]
    found += [one for one in _elliptic(masked, words) if not any(one.at == other.at for other in found)]
    found = _shared_out(sorted(found, key=lambda one: one.at), masked)
    if not found and _quoted_alone(masked, said):
        whole = Saying(None, "", "states", "", 0, said[0].start, len(sentence), "", "quotation that goes on")
        return [whole]
    return found


def _shared_out(found: list[Saying], masked: str) -> list[Saying]:
    """What was said ends where the next saying of the sentence begins."""
    made = []
    for one, later in zip(found, [*found[1:], None][: len(found)], strict=True):
        if later is not None and one.start < later.at < one.end and one.start > one.at:
            cut = (
                later.at
                if later.subject is None or later.rule == ELLIPTIC
                else masked.rfind(later.subject.split()[0], one.start, later.at)
            )
            one = replace(one, end=max(cut, one.start) if cut > 0 else one.end)
        made.append(one)
    return made


def _masked(sentence: str, said: list[Quote]) -> str:
    """What stands in quotation marks says nothing of who speaks."""
    for quote in said:
        inner = quote.end - quote.start - 2
        sentence = sentence[: quote.start + 1] + _FILL * inner + sentence[quote.start + 1 + inner :]
    return sentence


def _quoted_alone(masked: str, said: list[Quote]) -> bool:
    rest = re.sub(r"[\x00\W]", "", masked)
    return bool(said) and len(rest) <= 2


def _verbs(masked: str, words: Wording, params: ReadParams) -> Iterator[Saying]:
    speech = {**words.speech, **words.phrases}
    silent = [hit.span() for hit in words.of("silent").finditer(masked)]
    hits = [h for h in any_of(speech).finditer(masked) if not _no_saying(masked, h, silent, words)]
    ended = -1
    for hit, later in zip(hits, [*hits[1:], None][: len(hits)], strict=True):
        shared = later is not None and _shares(masked[hit.end() : later.start()], words)
        made = _one(masked[: later.start()] if later and shared else masked, hit, words, params, ended)
        if made is None:
            continue
        kind = speech[hit.group().lower()]
        if kind == "denies" and any_of(words.lists["refused_things"]).search(masked[hit.end() : hit.end() + 30]):
            kind = "refuses"
        subject, beside, start, end, around, rule = made
        yield Saying(subject, beside, kind, hit.group(), hit.start(), start, end, around, rule)
        ended = hit.end()


def _shares(left: str, words: Wording) -> bool:
    """Does `and` or `but` stand right before a verb, so that its subject is the one before?"""
    told = left.split()
    while told and (told[-1].lower() in words.lists["beside_verb"] or told[-1].endswith(words.lists["adverb_endings"])):
        told = told[:-1]
    return bool(told) and (told[-1].lower() in words.lists["joins"][:2] or told[-1].endswith(","))


def _no_saying(masked: str, hit: re.Match[str], silent: list[tuple[int, int]], words: Wording) -> bool:
    """An infinitive, a passive, a noun, or words that say that nothing was said."""
    if any(a - 1 <= hit.start() <= b + 8 and masked[b : hit.start()].strip() == "" for a, b in silent):
        return True
    if any(a <= hit.start() < b for a, b in silent):
        return True
    before = re.search(r"([\w'’]+)\s*$", masked[: hit.start()])
    last = before[1].lower() if before else ""
    if last in (*words.lists["passive"], *words.lists["prepositions"], *words.lists["determiners"]):
        return True
    return last.endswith(("'s", "’s")) or last in words.lists["negations"]


def _one(
    masked: str, hit: re.Match[str], words: Wording, params: ReadParams, ended: int
) -> tuple[str | None, str, int, int, str, str] | None:
    """A verb -> subject, apposition, span of what was said, the rest, the rule; or None where it is no saying."""
    left, right = masked[: hit.start()], masked[hit.end() :]
    begin = max((b.end() for b in _BREAK.finditer(left)), default=0)
    alleged = re.search(r"(?i)(?:^|[\s,])as\s+(?=[^,;]*$)", left)
    if alleged and hit.group().lower() in words.lists["as_alleged"]:
        begin = max(begin, alleged.end())
    clause = left[begin:]
    if _participle(hit, words):
        return (None, "", *_after(right, hit.end(), words), "the speaker before")
    if ended >= 0 and _shares(left[ended:], words):
        return (None, "", *_after(right, hit.end(), words), "the speaker before")
    if ended >= begin and "," not in left[ended:]:
        return None  # inside what somebody else is said to say
    subject, beside = _left(clause, words, params)
    if subject is None or _inverted(clause, right, words, params):
        if not re.search(rf"[{CLOSE},]\s*$", left) or not left.strip(" ,"):
            return None
        subject, beside = _right(right, words, params)
        return None if subject is None else (subject, beside, 0, len(left.rstrip()), right, "speaker after the verb")
    if any_of(words.lists["relative"]).match(clause.split(",")[-1].strip()):
        return None
    first = beside if beside and clause.find(beside) < clause.find(subject) else subject
    before = left[: left.rfind(first.split()[0])]
    ends = not re.sub(r"[\s.]", "", _without_days(right, words)) or (_FILL in before and _audience(right, words))
    if ends and before.strip(" ,"):
        return (subject, beside, 0, len(before.rstrip()), right, "speaker before the verb, at the end")
    start, end, around = _after(right, hit.end(), words)
    return (subject, beside, start, end, clause + " " + around, "speaker before the verb")


def _participle(hit: re.Match[str], words: Wording) -> bool:
    return hit.group().lower() in words.lists["participles"]


def _inverted(clause: str, right: str, words: Wording, params: ReadParams) -> bool:
    """Does the speaker stand after the verb? Then what stands there is a name and no clause, and none stands before."""
    told = right.lstrip()
    if not (told[:1].isupper() or any_of(words.lists["determiners"]).match(told)):
        return False
    if not clause.strip(" ,"):
        return True
    last = clause.rstrip(" ,").split(",")[-1].strip()
    before = clause.rstrip().endswith(",") and not _NAME.fullmatch(last)
    first = told.split(",")[0]
    plain = len(first.split()) <= params.speaker_words // 2 and any_of(words.lists["offices"]).search(first) is not None
    return before and plain and not any_of(words.lists["relative"]).match(last)


def _audience(right: str, words: Wording) -> bool:
    """`told state television on Saturday.` after a quotation: an audience, not what was said."""
    return len(right.split()) <= 6 and _FILL not in right and not any_of(words.lists["that"]).search(right)


def _without_days(text: str, words: Wording) -> str:
    for name in ("weekdays", "months", "prepositions", "day_parts"):
        text = words.of(name).sub("", text)
    return re.sub(r"\d+", "", any_of(words.days).sub("", text))


def _after(right: str, at: int, words: Wording) -> tuple[int, int, str]:
    """What stands after a verb -> the span of what was said, and what stands before it."""
    quoted, that = right.find(_FILL), any_of(words.lists["that"]).search(right)
    cut = that.end() if that and that.start() < 70 else 0
    if quoted >= 0 and not cut:
        cut = quoted - 1
    day = None if cut else re.match(r"\s+\w+\s+\w+(?:\s+\w+)?(?=\s)", right)
    if day and not _without_days(day.group(), words).strip():
        return at, at + len(right), day.group()
    stop = re.search(r"[;]", right[cut:])
    end = cut + stop.start() if stop else len(right)
    return at + cut, at + end, right[:cut]


def _left(clause: str, words: Wording, params: ReadParams) -> tuple[str | None, str]:
    """What stands before a verb -> the speaker's words and an apposition; None where it is nobody."""
    trimmed = _trim(clause, words)
    open_end = trimmed.endswith(",")
    chunks = [c.strip() for c in trimmed.strip(" ,").split(",") if c.strip()]
    relative = any_of(words.lists["relative"])
    chunks = [c for c in chunks if not any_of(words.lists["asides"]).fullmatch(c)] or chunks
    plain = [c for c in chunks if not relative.match(c)]
    if not plain:
        return None, ""
    last = _bare(_led(plain[-1], words), words)
    if (open_end or len(chunks) > len(plain)) and len(plain) > 1 and chunks[-1] == plain[-1]:
        before = _led(plain[-2], words)
        if _NAME.search(before) and not _NAME.fullmatch(last) and _stands(before, words, params):
            return before, last
        if _stands(last, words, params):
            return last, before
    if not _stands(last, words, params):
        return None, ""
    return last, ""


def _trim(clause: str, words: Wording) -> str:
    """Without auxiliaries and adverbs at its end."""
    text = clause.rstrip()
    beside = words.lists["beside_verb"]
    while hit := re.search(r"(?:^|\s)([\w']+)$", text):
        if hit[1].lower() not in beside and not hit[1].lower().endswith(words.lists["adverb_endings"]):
            break
        text = text[: hit.start()].rstrip()
    text = text.lstrip()
    joined = words.of("joins").match(text)
    return text[joined.end() :].lstrip() if joined else text


def _led(chunk: str, words: Wording) -> str:
    """Without what leads up to a subject: `On Friday the president` -> `the president`; a pronoun at its end is all."""
    every = [p for group in words.pronouns.values() for p in group]
    if hit := re.search(rf"(?i)(?:^|\s)({'|'.join(every)})$", chunk):
        return hit[1]
    first = chunk.split()[0].lower() if chunk.split() else ""
    if first not in words.lists["prepositions"]:
        return chunk
    cut = max((h.end() for n in ("weekdays", "months") for h in words.of(n).finditer(chunk)), default=0)
    rest = chunk[cut:].split()
    while rest and (rest[0].isdigit() or rest[0].lower() in words.lists["day_parts"]):
        rest = rest[1:]
    return " ".join(rest) if cut else chunk


def _stands(text: str, words: Wording, params: ReadParams) -> bool:
    """Can these words name a speaker?"""
    told = text.split()
    if not told or len(told) > params.speaker_words or told[0].lower() in words.lists["prepositions"]:
        return False
    if told[0][0].isdigit():
        return False
    if any_of(words.lists["that"]).search(text):
        return False
    every = [p for group in words.pronouns.values() for p in group]
    if len(told) == 1 and told[0].lower() in every:
        return True
    article = told[0].lower() in words.lists["determiners"]
    named = any(word[0].isupper() for word in told[1:]) or (told[0][0].isupper() and not article)
    nouns = ("offices", "bodies", "quantifiers", "documents")
    noun = any_of([word for name in nouns for word in words.lists[name]]).search(text)
    return bool(named or (noun and (article or told[0].lower() in words.lists["quantifiers"])))


def _right(right: str, words: Wording, params: ReadParams) -> tuple[str | None, str]:
    """What stands after a verb that comes before its speaker -> the speaker's words and an apposition."""
    text = any_of(words.lists["that"]).split(re.split(rf"[.;{CLOSE}]", right)[0])[0]
    chunks = [c.strip() for c in text.split(",") if c.strip()]
    if not chunks or not _stands(_bare(chunks[0], words), words, params):
        return None, ""
    return _bare(chunks[0], words), chunks[1] if len(chunks) > 1 else ""


def _bare(chunk: str, words: Wording) -> str:
    """Without a day at the end."""
    hit = words.of("weekdays").search(chunk)
    if hit is None:
        return chunk
    told = chunk[: hit.start()].split()
    while told and told[-1].lower() in (*words.lists["prepositions"], *words.lists["day_parts"]):
        told = told[:-1]
    return " ".join(told)


def _elliptic(masked: str, words: Wording) -> Iterator[Saying]:
    """`X speaks of 63, Y of 58`; `Y: 200`: who says the figure that follows, up to the next comma."""
    for pattern in words.elliptic:
        for hit in pattern.finditer(masked):
            stop = re.search(r"[,;.](?!\d)", masked[hit.end() :])
            end = hit.end() + stop.start() if stop else len(masked)
            yield Saying(hit["who"], "", "states", "", hit.start("who"), hit.end(), end, "", ELLIPTIC)


def _according(masked: str, words: Wording) -> Iterator[Saying]:
    """`according to X, ...`, `..., according to X`, `in its view`."""
    for hit in words.of("according").finditer(masked):
        right = masked[hit.end() :]
        chunks = [c.strip(" .") for c in right.split(",")]
        subject, beside, after = chunks[0], "", hit.end() + len(right.split(",")[0]) + 1
        if len(chunks) > 1 and _NAME.fullmatch(chunks[1]):
            subject, beside, after = chunks[1], chunks[0], after + len(right.split(",")[1]) + 1
        first = not masked[: hit.start()].strip()
        span = (min(after, len(masked)), len(masked)) if first else (0, hit.start())
        yield Saying(subject, beside, "states", hit.group(), hit.start(), *span, "", "according to")
    for hit in any_of(words.views).finditer(masked):
        yield Saying(
            words.views[hit.group().lower()],
            "",
            "states",
            hit.group(),
            hit.start(),
            hit.end(),
            len(masked),
            "",
            "in somebody's view",
        )
