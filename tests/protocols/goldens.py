"""Golden frames of ``tests/data``: a frame in hexadecimal beside what it says in the wire's names."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "data" / "jt808"
SHARED = Path(__file__).resolve().parents[3] / "shared"


@dataclass(frozen=True)
class Golden:
    name: str
    frame: bytes
    says: dict[str, Any]


def load(folder: Path = FOLDER) -> list[Golden]:
    out: list[Golden] = []
    for path in sorted(folder.glob("*.hex")):
        says = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert says["whence"], f"{path.name} does not say where it comes from"
        out.append(Golden(path.stem, bytes.fromhex(path.read_text()), says))
    return out


GOLDENS = load()
