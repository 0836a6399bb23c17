"""trucewatch agree"""

from __future__ import annotations

import click

from trucewatch import pipeline
from trucewatch.cli.base import case_option, found, json_option, read_file, show, tools
from trucewatch.stores import Where, open_store


@click.command()
@click.argument("file")
@case_option
@json_option
def agree(file: str, case: Where, as_json: bool) -> None:
    """Check an agreement's FILE (or the name of a shipped one) and enter it into the case.

    A later file with the same id is its next edition; the earlier one stays in the log.
    """
    path = found("agreements", "agreement", file)
    agreed = pipeline.agree(open_store(case), pipeline.text_of(read_file(path), str(path)), str(path), tools())
    told = {
        "agreement": agreed.id,
        "title": agreed.title,
        "parties": [party.name for party in agreed.parties],
        "terms": [{"term": t.id, "article": t.article, "readings": [r.who for r in t.readings]} for t in agreed.terms],
    }
    lines = [f"{agreed.id}: {agreed.title}", f"between {' and '.join(p.name for p in agreed.parties)}"]
    lines += [f"  article {t.article}: {t.id}, read by {', '.join(r.who for r in t.readings)}" for t in agreed.terms]
    show(told, as_json, lines)
