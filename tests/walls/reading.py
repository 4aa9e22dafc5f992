"""A response as somebody could read it, whatever it is packed into."""

from __future__ import annotations

import html
import io
import re
import zipfile
from typing import Any
from urllib.parse import unquote

from tests.walls.world import World

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def text_of(response: Any) -> str:
    """Head and body as text: sheets unpacked, escapes of JSON, HTML and addresses undone."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as sheet:
            body = b"\n".join(sheet.read(name) for name in sheet.namelist())
    raw = body.decode("utf-8", "replace") + "\n" + "\n".join(f"{k}: {v}" for k, v in response.headers.items())
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), raw)
    return "\n".join((raw, html.unescape(plain), unquote(html.unescape(plain))))


def leaks(text: str, world: World, *, typed: str) -> list[str]:
    """Dawa's strings in ``text`` that the reader did not type himself."""
    typed = unquote(typed.replace("+", " "))
    return sorted(secret for secret in world.secrets if secret in text and secret not in typed)
