"""Text -> paragraphs and sentences, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trucewatch.claims.params import ReadParams
from trucewatch.claims.wording import Wording

OPEN, CLOSE = '"“„«', '"”“»'
_END = re.compile(rf"[.!?…]+[{CLOSE}')\]]*(?=\s|$)")
_BEGINS, _SIGN = re.compile(rf"[{OPEN}'(\[]*[\w]"), re.compile(r"\S")
_QUOTE = re.compile(r'"([^"]+)(?:"|$)|“([^”]+)(?:”|$)|„([^“”]+)(?:[“”]|$)|«([^»]+)(?:»|$)')


@dataclass(frozen=True)
class Sentence:
    """A sentence: where it starts and ends in the text, its words, and the number of its paragraph."""

    start: int
    end: int
    text: str
    paragraph: int


@dataclass(frozen=True)
class Quote:
    """Quoted words, and where they stand in their sentence."""

    start: int
    end: int
    words: str


def sentences(text: str, words: Wording, params: ReadParams) -> list[Sentence]:
    """Text -> its sentences in their order; headings and datelines are left out.

    A full stop ends a sentence where it is no abbreviation's and what follows begins like a sentence.
    """
    found: list[Sentence] = []
    for number, block in enumerate(re.finditer(r"\S(?:.|\n(?!\s*\n))*", text)):
        body = block.group()
        short = len(body.split()) <= params.heading_words
        if short and not _END.search(body.rstrip()[-3:]):
            continue
        led = max((hit.end() for pattern in words.dateline if (hit := pattern.match(body))), default=0)
        for start, end in _split(body[led:], words):
            at = block.start() + led
            found.append(Sentence(at + start, at + end, body[led + start : led + end], number))
    return found


def _split(body: str, words: Wording) -> Iterator[tuple[int, int]]:
    start, whole = _next(body, 0), len(body.rstrip())
    for stop in _END.finditer(body):
        word, after = _before(body, start, stop.start()), _next(body, stop.end())
        initial = len(word) == 1 and word.isalpha() and stop.group()[0] == "."
        if (word in words.lists["abbreviations"] or initial) and stop.group()[0] == ".":
            continue
        if after < whole and (not _BEGINS.match(body, after) or body[after].islower()):
            continue
        yield start, stop.end()
        start = after
    if start < whole:
        yield start, whole


def _next(body: str, at: int) -> int:
    """Where the next letter or sign stands: nothing is copied, so that a text without sentences takes no longer."""
    found = _SIGN.search(body, at)
    return found.start() if found else len(body)


def _before(body: str, start: int, stop: int) -> str:
    """The word right before a stop, in small letters, with the dots inside it."""
    at = stop
    while at > start and (body[at - 1].isalnum() or body[at - 1] in "_."):
        at -= 1
    return body[at:stop].lower()


def quotes(sentence: str, params: ReadParams) -> list[Quote]:
    """The quotations of a sentence, single words left out.

    >>> [q.words for q in quotes('He said "there are nuances", and "so".', ReadParams())]
    ['there are nuances']
    """
    found = []
    for hit in _QUOTE.finditer(sentence):
        inner = next(part for part in hit.groups() if part is not None)
        if len(inner.split()) >= params.quote_words:
            found.append(Quote(hit.start(), hit.end(), inner.strip().rstrip(",.;:")))
    return found
