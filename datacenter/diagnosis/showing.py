"""An explanation as a template wants it: lines of bytes on one side, rows of fields on the other."""

from typing import Any

from datacenter.protocols.explain import Explanation, Row

BYTES_A_LINE = 8
MOST_BYTES = 4096
MOST_ROWS = 1500
MOST_RAW = 4
"""Bytes of a field that its row repeats; the dump has them all."""


def shown(told: Explanation) -> dict[str, Any]:
    """Everything that ``_explanation.html`` needs of one frame."""
    wrong = {at for row in told.rows if row.fault and row.depth for at in range(row.offset, row.stop)}
    return {
        "told": told,
        "dump": list(_dump(told.raw[:MOST_BYTES], set(told.escapes), wrong)),
        "cut": len(told.raw) > MOST_BYTES or len(told.rows) > MOST_ROWS,
        "rows": [_row(row) for row in told.rows[:MOST_ROWS]],
    }


def _dump(raw: bytes, escaped: set[int], wrong: set[int]) -> Any:
    """Lines of bytes, each with its place; ``mark`` says that it came escaped or couldn't be read."""
    for start in range(0, len(raw), BYTES_A_LINE):
        piece = raw[start : start + BYTES_A_LINE]
        cells = [
            {
                "at": at,
                "hex": f"{byte:02X}",
                "mark": "wrong" if at in wrong else "escaped" if at in escaped else "",
            }
            for at, byte in enumerate(piece, start)
        ]
        yield {"offset": f"{start:04x}", "cells": cells}


def _row(row: Row) -> dict[str, Any]:
    raw = row.raw[:MOST_RAW].hex(" ").upper()
    return {
        "row": row,
        "raw": f"{raw} …" if len(row.raw) > MOST_RAW else raw,
        "length": len(row.raw),
        "depth": min(row.depth, 6),
        "group": row.depth == 0,
    }
