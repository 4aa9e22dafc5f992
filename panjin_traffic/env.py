"""Reads one environment variable, or fails at start by its name (环境变量)."""

import os
from datetime import time
from itertools import pairwise
from pathlib import Path


class EnvironmentFault(SystemExit):
    """A variable is missing or can't be read; the message names it, its value and the rule."""


def text(name: str, default: str | None = None) -> str:
    """The variable ``name`` as text; without ``default`` it must be set."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise EnvironmentFault(f"{name} is not set: see .env.example")
    return default


def flag(name: str, default: bool) -> bool:
    """The variable ``name`` as a yes or no: 1/0, true/false, yes/no, on/off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise EnvironmentFault(f"{name}={value!r} is neither yes nor no: use 1 or 0")


def number(name: str, default: int) -> int:
    """The variable ``name`` as a whole number."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise EnvironmentFault(f"{name}={value!r} is not a whole number") from None


def office_hours(name: str, default: str) -> tuple[tuple[time, time], ...]:
    """The variable ``name`` as spans of a day in order, ``08:30-12:00,13:30-18:00``, none touching the next."""
    value = os.environ.get(name, "").strip() or default
    try:
        spans = []
        for part in value.split(","):
            opens, closes = (time.fromisoformat(end.strip()) for end in part.split("-"))
            spans.append((opens, closes))
    except ValueError:
        raise EnvironmentFault(f"{name}={value!r} is no list of spans like 08:30-12:00,13:30-18:00") from None
    moments = [moment for span in spans for moment in span]
    if any(earlier >= later for earlier, later in pairwise(moments)):
        raise EnvironmentFault(f"{name}={value!r}: each span ends after it begins and before the next one begins")
    return tuple(spans)


def secret(name: str, fallback_file: Path) -> str:
    """The secret ``name``, or one made at random once and kept in ``fallback_file`` (mode 0600).

    A secret is never a default in the code; a machine that sets none gets one of its own.
    """
    value = os.environ.get(name, "")
    if value:
        return value
    import secrets

    fallback_file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(fallback_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return fallback_file.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return fallback_file.read_text(encoding="ascii").strip()
