"""Words that name a speaker -> the speaker, for whom, on whose side; with a memory of who spoke before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from trucewatch.claims.days import Day
from trucewatch.claims.wording import Wording, any_of

_NAME = re.compile(r"\b[A-Z][\w'’\-]+(?:\s+(?:[A-Z][\w'’\-]*|(?:de|van|von|al|bin)\b))+")


@dataclass(frozen=True)
class Party:
    """A party of the case: its id, and every word that stands for it."""

    id: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Who:
    """Who speaks; for: the party for whom; side: the party on whose side without speaking for it."""

    name: str
    behalf: str | None = None
    side: str | None = None
    person: bool = False


@dataclass
class Memory:
    """Who spoke in a text so far, so that `he`, `it`, a surname or `the ministry` can be told."""

    parties: tuple[Party, ...]
    words: Wording
    last: Who | None = None
    person: Who | None = None
    body: Who | None = None
    several: Who | None = None
    known: dict[str, Who] = field(default_factory=dict)
    text: str = ""
    until: int = 0
    day: Day | None = None
    role: Who | None = None
    named: dict[str, str] = field(default_factory=dict)

    def who(self, subject: str | None, beside: str) -> Who | None:
        """The words of a saying -> the speaker. None stands for the one who spoke before."""
        found = self.last if subject is None else self._told(subject.strip(' ,."“”'), beside.strip(" ,."))
        if found is None:
            return None
        self.last = found
        first = (subject or "").split()[:1]
        if first and first[0].lower() in self.words.lists["indefinites"]:
            self.role = None  # "a spokesman" is not whoever is named next
        elif first and first[0].lower() not in {one for group in self.words.pronouns.values() for one in group}:
            self._unnamed(found)
        if found.person:
            self.person = found
        else:
            self.body = found
            if re.search(r"s$", found.name.split()[-1]) or " of " in found.name:
                self.several = found
        if found.behalf or found.name not in self.known:
            self.known[found.name] = found
        return found

    def _unnamed(self, found: Who) -> None:
        """`The president` of a side, not named yet, then in the paragraph a name without a side: the same person."""
        full = _NAME.fullmatch(found.name) is not None
        if found.person and not full and found.behalf and found.name not in self.named:
            self.role = found
        elif self.role is not None:
            if found.person and found.behalf is None and found.side is None and found.name not in self.known:
                self.named[self.role.name] = found.name
                self.known[found.name] = Who(found.name, self.role.behalf, self.role.side, person=True)
            self.role = None

    def _told(self, subject: str, beside: str) -> Who | None:
        small = subject.lower()
        if small in self.words.pronouns["person"]:
            return self.person
        if small in self.words.pronouns["body"]:
            return self.body or self.last
        if small in self.words.pronouns["several"]:
            return self.several or self.body
        role = f"{subject} {beside}"
        named = self._name(subject) or self._name(beside)
        if named is not None:
            behalf, side = self._sides(role.replace(named, " "))
            before = self._by_surname(named)
            full = before.name if before else named
            return Who(full, behalf or (before.behalf if before else None), side, person=True)
        if before := self._by_surname(subject):
            return before
        if before := self._again(subject):
            return before
        behalf, side = self._sides(subject)
        return Who(self._plain(subject), behalf, side, person=self._is_person(subject))

    def _name(self, text: str) -> str | None:
        """A person's name in these words: two capitals or more, without titles, that name no body or party."""
        for hit in _NAME.finditer(text):
            told = hit.group().split()
            while told and (told[0].lower() in self.words.lists["titles"] or self.party(told[0])):
                told = told[1:]
            name = " ".join(told)
            if len(told) < 2 or self.party(name):
                continue
            if any_of([*self.words.lists["bodies"], *self.words.lists["offices"]]).search(name):
                continue
            before = text[: hit.start()].rstrip().lower().split()
            if before and before[-1] in self.words.lists["prepositions"]:
                continue
            if before and before[-1] in self.words.lists["determiners"] and not self._office(text[: hit.start()]):
                continue
            return name
        return None

    def _by_surname(self, text: str) -> Who | None:
        told = self._bare(text).split()
        if not told or not told[-1][0].isupper():
            return None
        hits = [who for name, who in self.known.items() if who.person and name.split()[-1] == told[-1]]
        return hits[-1] if hits else None

    def _again(self, subject: str) -> Who | None:
        """`the ministry`, `the institute`, `the Northland president`: whoever of those spoke last."""
        told = subject.lower().split()
        if not told or told[0] not in self.words.lists["determiners"] or told[0] in self.words.lists["indefinites"]:
            return None
        noun, party = told[-1], self.party_in(subject)
        if self._is_person(subject):
            hits = [w for w in self.known.values() if w.person and (party is None or w.behalf in (party, None))]
            if party is not None and self.person is not None and self.person in hits:
                self.known[self.person.name] = Who(self.person.name, party, None, person=True)
                return self.known[self.person.name]
            return (self.person if party is None else None) if len(told) == 2 else None
        if len(told) > 2:
            return None
        hits = [w for name, w in self.known.items() if not w.person and noun in name.lower().split()]
        if not hits and noun in self.words.lists["documents"]:
            return self.body
        if not hits and (
            named := re.findall(rf"((?:[A-Z][\w'’\-]+\s+)+{noun.capitalize()})\b", self.text[: self.until])
        ):
            name = self._plain(named[-1])
            return Who(name, *self._sides(named[-1]))
        return hits[-1] if hits else None

    def _is_person(self, text: str) -> bool:
        told = {word.lower().strip(",.") for word in text.split()}
        bodies = {*self.words.lists["bodies"], *self.words.lists["documents"]}
        offices = {*self.words.lists["offices"], *self.words.lists["titles"]} - bodies
        head = self.words.of("prepositions").split(text.strip(" ,."))[0].split()
        return bool(told & offices) and (not told & bodies or bool(head and head[-1].lower() in offices))

    def _sides(self, role: str) -> tuple[str | None, str | None]:
        party = self.party_in(role)
        if party is None:
            again = self._office(role) and self._body_named(role)
            return (again.behalf, again.side) if again else (None, None)
        alone = self.party(self._bare(role)) is not None
        return (party, None) if alone or self._office(role) else (None, party)

    def _body_named(self, role: str) -> Who | None:
        led = "|".join(self.words.lists["determiners"])
        nouns = [n for n in self.words.lists["bodies"] if re.search(rf"(?i)\b(?:{led})\s+(?:\w+\s+)?{n}\b", role)]
        hits = [w for w in self.known.values() if not w.person and any(n in w.name.lower().split() for n in nouns)]
        if hits:
            return hits[-1]
        return self.last if any_of(self.words.lists["own"]).match(role.strip()) else None

    def _office(self, text: str) -> bool:
        """Is the head of these words, what stands before the first preposition, an office?"""
        head = self.words.of("prepositions").split(text.strip())[0]
        return any_of(self.words.lists["offices"]).search(head) is not None

    def heard(self, text: str) -> bool:
        """Do these words name a party, or somebody who spoke before?"""
        bare = self._bare(text)
        return self.party(bare) is not None or bare in self.known or self._by_surname(text) is not None

    def party_in(self, text: str) -> str | None:
        """The first party that these words name."""
        hits = [(at, party.id) for party in self.parties if (at := _at(party, text)) is not None]
        return min(hits)[1] if hits else None

    def party(self, text: str) -> str | None:
        """The party whose name these words are, and nothing else."""
        bare = self._bare(text).lower()
        return next((p.id for p in self.parties if bare in [w.lower() for w in p.words]), None)

    def _bare(self, text: str) -> str:
        told = text.strip(" ,.").split()
        while told and told[0].lower() in self.words.lists["determiners"]:
            told = told[1:]
        return re.sub(r"['’]s?$", "", " ".join(told))

    def _plain(self, text: str) -> str:
        """A body's name without its article and without the party before it."""
        told = self._bare(text).split()
        if len(told) > 1 and self.party(told[0]) and self._office(" ".join(told[1:])):
            told = told[1:]
        return " ".join(told)


def _at(party: Party, text: str) -> int | None:
    hits = [h.start() for word in party.words if (h := re.search(rf"(?i)\b{re.escape(word)}(?:['’]s)?\b(?!-\w)", text))]
    return min(hits) if hits else None


def parties(told: Mapping[str, list[str]]) -> tuple[Party, ...]:
    """id -> words, as the agreement or the user has them -> parties, in an order that no name decides."""
    made = [Party(name, (name, *words)) for name, words in told.items()]
    return tuple(made)
