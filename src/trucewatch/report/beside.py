"""Step 6: what people said and decided, beside what the tool indicates, at a release level."""

from __future__ import annotations

import polars as pl

from trucewatch.base.time import UTC_US

FILED = pl.Schema(
    {
        "matter": pl.Int64,  # the entry that began it
        "entry": pl.Int64,
        "kind": pl.String,  # complaint, reply, inquiry, determination, corrective_action or judgement
        "at": UTC_US,  # when it was said
        "entered": UTC_US,
        "by": pl.String,  # who said it
        "on_behalf_of": pl.String,  # id of the party for which, or null
        "agreement": pl.String,
        "term": pl.String,
        "article": pl.String,
        "reading": pl.String,
        "subjects": pl.List(pl.String),  # as they were named
        "incidents": pl.List(pl.String),  # the incidents that it is about, as they are called now
        "answers": pl.Int64,
        "supersedes": pl.Int64,
        "superseded_by": pl.Int64,
        "outcome": pl.String,
        "responsibility": pl.String,
        "to": pl.String,  # id of the party to which it is laid
        "whom": pl.String,  # id of the party that is to act
        "due": UTC_US,
        "status": pl.String,
        "state": pl.String,  # of an action: how far it has come by its last step
        "overdue": pl.Boolean,
        "confirmed_by": pl.String,
        "doubt": pl.String,
        "call": pl.String,
        "text": pl.String,  # the capture that holds the words
        "words": pl.String,
        "held": pl.String,  # who withholds the words
        "documents": pl.List(pl.String),
        "public": pl.Boolean,  # filed for everybody to read
        "after_report": pl.Int64,  # entry of the last report of this level that was made before it
        "body": pl.String,
    }
)
