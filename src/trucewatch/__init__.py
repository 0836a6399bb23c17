"""Trucewatch: open, neutral control and verification for truces."""

__version__ = "0.1.0"
