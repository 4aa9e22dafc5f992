"""What judged trips measured, as people read it (判定实测值的文字)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from datacenter.tracks.store import SHANGHAI


def moment_word(unix_s: int) -> str:
    """2026-11-25 08:14:03, in Panjin."""
    return f"{datetime.fromtimestamp(unix_s, SHANGHAI):%Y-%m-%d %H:%M:%S}"


def reasons_word(words: Mapping[Any, str]) -> Callable[[int], str]:
    """Reads the bits of ``words``."""

    def read(bits: int) -> str:
        return "；".join(word for reason, word in words.items() if bits & reason)

    return read
