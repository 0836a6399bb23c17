"""Text -> paragraphs and sentences, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trucewatch.claims.params import ReadParams
from trucewatch.claims.wording import Wording

OPEN, CLOSE = '"“„«', '"”“»'
_END = re.compile(rf"[.!?…]+[{CLOSE}')\]]*(?=\s|$)")
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
    start = 0
    for stop in _END.finditer(body):
        before = re.search(r"([\w.]+)[.!?…]*$", body[start : stop.start()])
        after = body[stop.end() :].lstrip()
        word = before[1].lower() if before else ""
        initial = len(word) == 1 and word.isalpha() and stop.group()[0] == "."
        if (word in words.lists["abbreviations"] or initial) and stop.group()[0] == ".":
            continue
        if after and not re.match(rf"[{OPEN}'(\[]*[\w]", after):
            continue
        if after and after[0].islower():
            continue
        yield start + _indent(body[start:]), stop.end()
        start = stop.end()
    if body[start:].strip():
        yield start + _indent(body[start:]), len(body.rstrip())


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


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
