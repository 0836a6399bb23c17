"""trucewatch agreement schema"""

from __future__ import annotations

import json

import click

from trucewatch.assess.schema import schema


@click.command("schema")
def schema_command() -> None:
    """Print the format as a JSON Schema, for editors and for tools written by others."""
    click.echo(json.dumps(schema(), indent=2))
