"""Reads packed columns out of PostgreSQL as they are (二进制读取): a driver's text form of them is twice as long."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

_BEGIN = 19  # signature, flags, length of the extension
_HEAD = struct.Struct(">hiqi")  # count of fields, then a bigint and the payload behind their lengths
_ID = struct.Struct(">h")


def payloads(cursor: Any, select: str, arguments: list[Any]) -> tuple[list[int], list[memoryview]]:
    """The rows of ``select``, which gives a bigint and a bytea, neither of them null."""
    out = BytesIO()
    cursor.copy_expert(cursor.mogrify(f"COPY ({select}) TO STDOUT (FORMAT binary)", arguments), out)
    data, at = out.getbuffer(), _BEGIN
    numbers: list[int] = []
    parts: list[memoryview] = []
    while _ID.unpack_from(data, at)[0] >= 0:
        _, _, number, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        numbers.append(number)
        parts.append(data[at : at + size])
        at += size
    return numbers, parts
