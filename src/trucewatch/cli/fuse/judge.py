"""trucewatch fuse judge"""

from __future__ import annotations

import click

from trucewatch.cli.base import case_option, json_option, show, tools, words
from trucewatch.judging import ANSWERS, Judgement
from trucewatch.judging import judge as enter
from trucewatch.ports import Fetched
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@click.argument("answer", type=click.Choice(list(ANSWERS)), metavar="|".join(ANSWERS))
@click.argument("about", metavar="ID [ID]", nargs=-1, required=True)
@click.option("--by", required=True, metavar="NAME", callback=words, help="Whose judgement it is, by name.")
@click.option("--why", required=True, metavar="WORDS", help="The reason, in words; kept as a capture.")
@click.option("--supersedes", type=int, default=None, metavar="ENTRY", help="An earlier judgement of one's own.")
@json_option
def judge(
    case: Where, answer: str, about: tuple[str, ...], by: str, why: str, supersedes: int | None, as_json: bool
) -> None:
    """Judge as a person: are two incidents or observations one, or did an incident happen?

    A judgement wins over every score. It is never overwritten: a later one of the same person supersedes it, and both
    stay. Where two people differ, neither is heard.
    """
    said = Fetched(why.encode(), "judgement.txt", "text/plain", "not told")
    entry = enter(open_store(case), tools(by), Judgement(answer, about, by, said, supersedes))
    late = f", in the place of entry {supersedes}, which stays" if supersedes is not None else ""
    told = {"entry": entry, "answer": answer, "about": list(about), "by": by, "supersedes": supersedes}
    show(told, as_json, [f"entry {entry}: {answer.replace('-', ' ')}, by {by}{late}"])
