"""The printed tables of JT/T 809, read from the paper beside the checkout, and bodies packed by them.

Knows nothing of the codec: names, types and order come from the paper, and the packing is its own. What the paper says
in prose (0x1205, 0x1206, 0x9504) is written out in ``PROSE``.
"""

import re
from dataclasses import dataclass
from typing import Any

from .goldens import SHARED

DOCUMENT = SHARED / "protocols" / "jt809.md"
EDITIONS = ("2011", "2019")
PLATE, COLOUR = "辽LT0809", 2
_HEADING = re.compile(r"^### 0x([0-9A-F]{4})", re.M)
_ROW = re.compile(r"^\| [^|]* \| `([^`]+)` \| ([^|]+) \|", re.M)
_STRUCTS = {"location": "### GNSS data of 2011", "location19": "### GNSS data of 2019"}

Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Printed:
    """One table: of which message or sub-message, in which edition."""

    number: int
    edition: str
    rows: tuple[tuple[str, str], ...]

    @property
    def is_sub(self) -> bool:
        """Whether it lies inside a family: its number isn't a link message's."""
        return self.number & 0x0F00 >= 0x0200


REFERENCE = [("src_type", "WORD"), ("src_serial", "DWORD")]
PROSE: dict[tuple[int, str], Rows] = {
    (0x1205, "2019"): REFERENCE,
    (0x1206, "2019"): REFERENCE,
    (0x1205, "2011"): [],
    (0x1206, "2011"): [],
    (0x9504, "2011"): [("command", "BYTE"), ("start", "BCD[6]"), ("end", "BCD[6]"), ("max_count", "WORD")],
    (0x9504, "2019"): [("start", "8 bytes uint"), ("end", "8 bytes uint"), ("command", "BYTE")],
    (0x1504, "2019"): [*REFERENCE, ("command", "BYTE"), ("len", "DWORD"), ("data", "BYTE[`len`]")],
}
SERIAL_ITEM = [("sub_type", "WORD"), ("serial", "DWORD"), ("time", "8 bytes uint")]


def sections(text: str) -> dict[str, str]:
    """Sections by their heading's line."""
    return {part.partition("\n")[0]: part for part in re.split(r"^(?=### )", text, flags=re.M)}


def printed() -> list[Printed]:
    """Every table in the paper, once for each edition that it holds for."""
    text = DOCUMENT.read_text(encoding="utf-8")
    out: list[Printed] = []
    for heading, part in sections(text).items():
        found = _HEADING.match(heading)
        if not found:
            continue
        number = int(found[1], 16)
        numbers = [number, 0x9103] if number == 0x1103 else [number]
        pieces = re.split(r"^(2011|2019): ?$", part.split("\n## ")[0], flags=re.M)
        tables = {"": pieces[0]} | dict(zip(pieces[1::2], pieces[2::2], strict=True))
        only_2019 = "2019" in heading and "2011" not in heading
        for one in numbers:
            for edition in EDITIONS:
                if (only_2019 and edition == "2011") or (one, edition) in PROSE:
                    continue
                rows = _ROW.findall(tables.get(edition, "" if len(tables) > 1 else tables[""]))
                out.append(Printed(one, edition, tuple((name, kind.strip()) for name, kind in rows)))
    return out + [Printed(number, edition, tuple(rows)) for (number, edition), rows in PROSE.items()]


def struct_rows(name: str) -> Rows:
    """The rows of a location."""
    part = next(part for head, part in sections(DOCUMENT.read_text(encoding="utf-8")).items()
                if head.startswith(_STRUCTS[name]))  # fmt: skip
    return [(one, kind.strip()) for one, kind in _ROW.findall(part)]


GNSS = bytes.fromhex("000000010000000302736f1b0746a4f900220190010e261125082618" + "01040000007b")
GNSS_SAYS = {
    "alarm_flag": 1,
    "status_flag": 3,
    "latitude_e6": 41119515,
    "longitude_e6": 122070265,
    "altitude_m": 34,
    "speed_dkmh": 400,
    "direction_deg": 270,
    "time": "2026-11-25 08:26:18",
    "extras": {"0x01": {"len": 4, "hex": "0000007B", "mileage_dkm": 123}},
}
assert GNSS[22:28] == bytes.fromhex("261125082618")


class Packer:
    """Bytes by a table, and what they have to say. Values run on, so that no two fields of a size are alike."""

    def __init__(self, start: int = 1) -> None:
        self.number = start

    def pack(self, rows: Rows, edition: str) -> tuple[bytes, dict[str, Any]]:
        out, says = b"", {}
        lengths: dict[str, int] = {}
        for at, (name, kind) in enumerate(rows):
            raw, said = self.field(name, kind, edition, lengths, rows[at + 1 :])
            out += raw
            says[name] = said
        return out, says

    def field(self, name: str, kind: str, edition: str, lengths: dict[str, int], rest: Rows) -> tuple[bytes, Any]:
        self.number += 7
        number = self.number
        size = re.match(r"STRING\[(\d+)\]", kind)
        if name in ("len", "gnss_len"):
            value = lengths["len"] = len(GNSS) if name == "gnss_len" else len(content(number))
            return value.to_bytes(2 if kind == "WORD" else 4, "big"), value
        if name == "count" and any(one == "items" for one, _ in rest):
            return b"\x02", 2
        if name == "gnss":
            return GNSS, GNSS_SAYS
        if kind == "struct":
            return self.pack(struct_rows(name), edition)
        if kind.startswith("list"):
            return self.items(edition, None)
        if size:
            text = f"文{number}"[: int(size[1]) // 2]
            return text.encode("gbk").ljust(int(size[1]), b"\0"), text
        if kind.startswith("GBK"):
            text = content_text(lengths["len"]) if "`len`" in kind else f"内容{number}"
            return text.encode("gbk"), text
        if kind == "BYTE[`len`]":
            raw = bytes(range(0x51, 0x51 + lengths["len"]))
            return raw, raw.hex().upper()
        if kind == "bytes to end":
            raw = bytes(range(0x50, 0x60))
            return raw, raw.hex().upper()
        if kind == "BYTE[8]":
            raw = bytes(range(8))
            return raw, raw.hex().upper()
        if kind == "BCD[10]":
            return bytes.fromhex(f"{number:020d}"), f"{number:020d}"
        if kind == "BCD[6]":
            return bytes.fromhex("261125082618"), "2026-11-25 08:26:18"
        if kind == "8 bytes uint":
            return (1_764_000_000 + number).to_bytes(8, "big"), 1_764_000_000 + number
        width = {"BYTE": 1, "WORD": 2, "DWORD": 4}[kind]
        value = number % 250 if width == 1 else 0x5A00 + number if width == 2 else 0x5B5D0000 + number
        return value.to_bytes(width, "big"), value

    def items(self, edition: str, rows: Rows | None) -> tuple[bytes, list[dict[str, Any]]]:
        name = "location" if edition == "2011" else "location19"
        made = [self.pack(rows or struct_rows(name), edition) for _ in range(2)]
        says = [one if rows else {name: one} for _, one in made]
        return b"".join(raw for raw, _ in made), says


def content(number: int) -> bytes:
    return b"\x54" * (4 + number % 5)


def content_text(size: int) -> str:
    return "T" * size


def body_of(table: Printed) -> tuple[bytes, dict[str, Any]]:
    """A body by the table and what it says; of 0x1102 and its like with sub-type and length in front."""
    packer = Packer(table.number % 91)
    rows = list(table.rows)
    if rows[:2] != [("sub_type", "WORD"), ("data_length", "DWORD")]:
        return packer.pack(rows, table.edition)
    if table.number in (0x1103, 0x9103):
        raw, items = packer.items(table.edition, SERIAL_ITEM)
        inner, says = b"\x02" + raw, {"count": 2, "items": items}
    else:
        inner, says = packer.pack(rows[2:], table.edition)
    head = table.number.to_bytes(2, "big") + len(inner).to_bytes(4, "big")
    return head + inner, {"sub_type": table.number, "data_length": len(inner)} | says


def family_of(table: Printed, data: bytes) -> tuple[bytes, dict[str, Any]]:
    """What stands in front of a sub-message's data, as the paper's table of common starts says, and the data."""
    number, edition = table.number, table.edition
    family, sub = number & 0xFF00, f"0x{number:04X}"
    plate = family in (0x1200, 0x9200, 0x1500, 0x9500, 0x1600, 0x9600) or (
        family in (0x1400, 0x9400) and edition == "2011"
    )
    if number == 0x9201:
        plate = False
    head = PLATE.encode("gbk").ljust(21, b"\0") + bytes((COLOUR,)) if plate else b""
    says: dict[str, Any] = {"plate": PLATE, "plate_color": COLOUR} if plate else {}
    out = head + number.to_bytes(2, "big")
    if number in (0x1205, 0x1206) and edition == "2019":
        return out + data + bytes(4), says | {"sub_type": sub, "data_length": 0}
    return out + len(data).to_bytes(4, "big") + data, says | {"sub_type": sub, "data_length": len(data)}


def crc(data: bytes) -> int:
    """The CRC bit by bit, as the paper describes it."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ (0x1021 if value & 0x8000 else 0)) & 0xFFFF
    return value


def frame_of(message_id: int, body: bytes, edition: str, serial: int = 0x5D5B) -> tuple[bytes, dict[str, Any]]:
    """A frame by the paper: header, CRC, escapes."""
    utc = (1_764_030_378).to_bytes(8, "big") if edition == "2019" else b""
    length = 4 + 4 + 2 + 4 + 3 + 1 + 4 + len(utc) + len(body) + 4
    head = length.to_bytes(4, "big") + serial.to_bytes(4, "big") + message_id.to_bytes(2, "big")
    head += (211100809).to_bytes(4, "big") + bytes.fromhex("01020f") + b"\0" + (9999).to_bytes(4, "big") + utc
    raw = head + body
    raw += crc(raw).to_bytes(2, "big")
    pairs = {0x5B: b"\x5a\x01", 0x5A: b"\x5a\x02", 0x5D: b"\x5e\x01", 0x5E: b"\x5e\x02"}
    escaped = b"".join(pairs.get(byte, bytes((byte,))) for byte in raw)
    says: dict[str, Any] = {"length": length, "serial": serial, "access_code": 211100809, "version": "01020f"}
    says |= {"encrypt": 0, "key": 9999} | ({"utc": 1_764_030_378} if edition == "2019" else {})
    return b"\x5b" + escaped + b"\x5d", says
