"""Commands that are read when they are asked for, so that one command does not wait for what all the others import."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Later(dict[str, click.Command]):
    """Names -> commands, each told as `module:name` and imported when it is first asked for.

    >>> sorted(Later({"init": "trucewatch.cli.init:init"}))
    ['init']
    >>> Later({"init": "trucewatch.cli.init:init"})["init"].name
    'init'
    """

    def __init__(self, where: Mapping[str, str]) -> None:
        super().__init__({name: click.Command(name) for name in where})
        self._where = dict(where)

    def __getitem__(self, name: str) -> click.Command:
        told = self._where.pop(name, None)
        if told is not None:
            module, _, attribute = told.partition(":")
            self[name] = getattr(import_module(module), attribute)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The command of that name, or what is given."""
        if name not in self:
            return default
        return self[name]

    def values(self) -> Any:
        """All commands, read."""
        self._all()
        return super().values()

    def items(self) -> Any:
        """All names and commands, read."""
        self._all()
        return super().items()

    def _all(self) -> None:
        for name in list(self):
            self[name]
