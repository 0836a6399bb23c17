"""Settings that hold for every test."""

from __future__ import annotations

from hypothesis import settings

# The machine may be busy with other things; how long an example takes says nothing here.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
