"""Writes ``docs/protocols/`` from the codecs' own tables (协议支持表): a paper a standard, and the list of them.

``python scripts/protocol_docs.py``; with ``--check`` it writes nothing and fails where a paper is out of date.
``PAPERS`` has one row a standard.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datacenter.commands.catalogue import TAXI_EDITION, expected_answer  # noqa: E402
from datacenter.protocols.active_safety import gaps as safety_gaps  # noqa: E402
from datacenter.protocols.active_safety.items import ITEMS  # noqa: E402
from datacenter.protocols.active_safety.messages import MESSAGES as SAFETY  # noqa: E402
from datacenter.protocols.active_safety.parameters import PARAMETERS as SAFETY_PARAMETERS  # noqa: E402
from datacenter.protocols.active_safety.passthrough import PASSTHROUGH  # noqa: E402
from datacenter.protocols.active_safety.practices import SHAPES  # noqa: E402
from datacenter.protocols.jt808 import gaps as jt808_gaps  # noqa: E402
from datacenter.protocols.jt808.extras import EXTRAS  # noqa: E402
from datacenter.protocols.jt808.header import LONG_HEADER, MAX_BODY, SHORT_HEADER, Edition  # noqa: E402
from datacenter.protocols.jt808.messages import MESSAGES as JT808  # noqa: E402
from datacenter.protocols.jt808.parameters import PARAMETERS  # noqa: E402
from datacenter.protocols.jt808.tables import EXTRA_NAMES  # noqa: E402
from datacenter.protocols.jt808.vendors import VENDORS  # noqa: E402
from datacenter.protocols.jt809 import gaps as jt809_gaps  # noqa: E402
from datacenter.protocols.jt809.messages import MESSAGES as JT809  # noqa: E402
from datacenter.protocols.jt809.messages import SUB_MESSAGES  # noqa: E402
from datacenter.protocols.jt809.rules import End, sender_of  # noqa: E402
from datacenter.protocols.jt905 import gaps as jt905_gaps  # noqa: E402
from datacenter.protocols.jt905.extras import EXTRAS as TAXI_EXTRAS  # noqa: E402
from datacenter.protocols.jt905.messages import MESSAGES as JT905  # noqa: E402
from datacenter.protocols.jt1078 import gaps as jt1078_gaps  # noqa: E402
from datacenter.protocols.jt1078.codes import CODECS  # noqa: E402
from datacenter.protocols.jt1078.explaining import DATA_TYPES, MARKS  # noqa: E402
from datacenter.protocols.jt1078.explaining import PACKET as MEDIA_PACKET  # noqa: E402
from datacenter.protocols.jt1078.messages import MESSAGES as JT1078  # noqa: E402
from datacenter.protocols.jt1078.parameters import VIDEO  # noqa: E402
from datacenter.protocols.layout import Catalogue  # noqa: E402
from scripts import protocol_tables as tables  # noqa: E402
from scripts.protocol_tables import Found  # noqa: E402

FOLDER = ROOT / "docs/protocols"


def terminals(message_id: int) -> str:
    """Who sends a message of the terminals' standards: the highest bit is the platform's."""
    return "platform → terminal" if message_id & 0x8000 else "terminal → platform"


def platforms(message_id: int) -> str:
    """Who sends a message between platforms."""
    return "superior → subordinate" if sender_of(message_id) is End.SUPERIOR else "subordinate → superior"


KEPT = "kept; answered after the commit"
SENT = "sent"
CODEC = "read and written"

# What the gateway does with each message by itself. Orders that someone gives, and what is only kept, are said of all.
GATEWAY = {
    0x0001: "counted by result; acknowledges an order",
    0x0002: "answered with 0x8001",
    0x0003: "answered with 0x8001; the session is nobody's until the terminal authenticates again",
    0x0004: "answered with 0x8004",
    0x0005: "packets of an order are sent again; 0x8001, result 1, where they are gone",
    0x0100: "compared with the registry, answered with 0x8100 and its result",
    0x0102: "code checked, answered with 0x8001",
    0x0200: "stored; 0x8001 after the commit",
    0x0704: "stored item by item; 0x8001 after the commit",
    0x0801: "put together; kept; answered with 0x8800",
    0x8001: SENT,
    0x8003: "sent once for each message that lacks packets",
    0x8004: SENT,
    0x8100: SENT,
    0x8800: SENT,
}
TAXI_GATEWAY = {
    0x0001: "counted by result; acknowledges an order",
    0x0002: "answered with 0x8001",
    0x0200: "stored; 0x8001 after the commit",
    0x0201: "stored; answers 0x8201",
    0x0202: "stored; 0x8001 after the commit",
    0x0203: "stored item by item; 0x8001 after the commit",
    0x0800: "put together from its parts; kept",
    0x8001: SENT,
}
SAFETY_GATEWAY = {
    0x1210: "on an attachment connection: the files to come; answered with 0x8001",
    0x1211: "on an attachment connection: a file begins; answered with 0x8001",
    0x1212: "on an attachment connection: compared with what came; answered with 0x9212",
    0x9212: SENT,
}


def handled(catalogue: Catalogue, own: Mapping[int, str], edition: str) -> dict[int, str]:
    """What is done with each message: its own line; an order and what answers it; an answer; or that it is kept."""
    orders = {one: expected_answer(one, edition) for one in catalogue.forms if one & 0x8000}
    answering: dict[int, list[int]] = {}
    for order, answer in orders.items():
        answering.setdefault(answer, []).append(order)
    out: dict[int, str] = {}
    for message_id in catalogue.forms:
        if message_id in own:
            out[message_id] = own[message_id]
        elif message_id in orders:
            out[message_id] = f"an order; answered with 0x{orders[message_id]:04X}"
        elif message_id in answering:
            asked = ", ".join(f"0x{order:04X}" for order in sorted(answering[message_id]))
            out[message_id] = f"answers {asked}; unasked: {KEPT}"
        else:
            out[message_id] = KEPT
    return out


@dataclass(frozen=True)
class Paper:
    """One paper: ``head`` is its beginning by hand, ``parts`` what follows the messages, in order."""

    name: str
    title: str
    head: str
    catalogue: Catalogue
    direction: Callable[[int], str]
    gateway: Mapping[int, str]
    gaps: tuple[tuple[str, str], ...]
    parts: tuple[Callable[[Found], Iterable[str]], ...] = ()
    codes: tuple[Callable[[], Iterable[str]], ...] = field(default=())

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.md"

    def text(self) -> str:
        """The whole paper; the same tables give the same bytes."""
        return "\n".join(self._lines()).rstrip("\n") + "\n"

    def _lines(self) -> Iterator[str]:
        found = Found()
        yield f"# {self.title}: what is supported\n"
        yield "Written by `scripts/protocol_docs.py` from the tables that decode and encode; a test compares. Do not"
        yield f"edit by hand.\n\n{self.head.strip()}\n"
        yield from tables.messages(self.catalogue, self.direction, self.gateway, found)
        for part in self.parts:
            yield from part(found)
        for part_of_codes in self.codes:
            yield from part_of_codes()
        yield from tables.structures(found)
        yield from tables.bits(found)
        yield from tables.not_found(self.gaps)


JT808_HEAD = f"""## Editions and frames

| edition | header | how it is told apart |
| --- | --- | --- |
| {Edition.V2011} | {SHORT_HEADER} bytes, phone of 12 digits | as {Edition.V2013}, a registration under 37 bytes |
| {Edition.V2013} | {SHORT_HEADER} bytes, phone of 12 digits | bit 14 of the properties is 0 |
| {Edition.V2019} | {LONG_HEADER} bytes, phone of 20 digits | bit 14 is 1, and the length field fits the long header |

- A frame lies between two 0x7E; 0x7D 0x01 and 0x7D 0x02 stand for 0x7D and 0x7E. The check byte is the XOR of header
  and body.
- A body has at most {MAX_BODY} bytes. Longer messages come in packets and are put together, in any order; packets that
  do not come are asked for with 0x8003.
- Some terminals set bit 14 over a short header: the body's length decides.
- The first sound frame of a connection binds its phone number and edition.
- Encrypted bodies are answered with "not supported" and kept in quarantine: no key is exchanged.
- Times are GMT+8, except in 0x8004 (UTC). Texts are read as GB18030, which holds GBK.
- A message that no table has is answered with 0x8001, result 3 (not supported), and counted by its id.
- The type column is the edition of 2013; a column for another edition stands where a field differs ("same", or "—" for
  a field that the edition has not).
"""
JT905_HEAD = """## Frames

- Flags, escapes and check byte are those of JT/T 808. The header has 12 bytes: id, plain body length, six bytes of the
  ISU's number, serial. No packets, no encryption, no edition.
- Both standards share one port. A terminal (ISU) comes in by its registered number, and from the networks that the
  registry allows: the standard has no authentication.
- Coordinates are in 0.0001 minute, times GMT+8, texts GB18030 and ended by a zero byte where their length varies.
- Photos and recordings name size and offset in each part (0x0800) and are put together.
- Where the public sources of these tables disagree: [notes-jt905.md](notes-jt905.md).
"""
JT1078_HEAD = """Signalling travels in JT/T 808 frames (see [jt808.md](jt808.md)); video alarms of a position are
its items 0x14 to 0x18. Media packets have a framing of their own, below. Decisions where the sources disagree:
[notes-jt1078.md](notes-jt1078.md).
"""
JT809_HEAD = """## Frames

- A frame lies between 0x5B and 0x5D; 0x5A 01 and 02 stand for 0x5B and 0x5A, 0x5E 01 and 02 for 0x5D and 0x5E. Two
  bytes of CRC-CCITT (0x1021 from 0xFFFF) stand before the end. The length counts all, flags and CRC too, before
  escaping.
- The header has 22 bytes in 2011 and 30 in 2019 (the time it was sent). It doesn't say which: the peer's setting does,
  or whether the eight bytes more are a plausible time.
- Bodies are decrypted where the peer's constants M1, IA1 and IC1 are known, and refused by name where not.
- Families (0x1200 to 0x1600, 0x9200 to 0x9600) carry a vehicle and a sub-message; those stand in the second list.
"""
SAFETY_HEAD = """Messages travel in JT/T 808 frames (see [jt808.md](jt808.md)). Alarms are additional items of a
position; their pictures and films come over connections of their own on the media port: 0x1210, 0x1211, file packets
(30 31 63 64, name of 50 bytes, offset, length, data), 0x1212, answered with 0x9212 and the ranges that lack. Nothing in
a frame says which province's layout the identification has: the setting that fits its length holds, else the length
decides.
"""


def _extras(found: Found) -> Iterator[str]:
    columns = {name for name, _ in EXTRA_NAMES}
    taken = sorted(item_id for item_id, form in EXTRAS.items() if columns & {line.name for line in form.layout.lines})
    listed = ", ".join(f"0x{item_id:02X}" for item_id in taken)
    note = (
        "Every item is stored with its position as it came. Items without a table here, of another length, or of a\n"
        f"vendor (0xE0 and up) stay bytes and encode back unchanged. The vectorised decoder has columns for {listed}."
    )
    yield from tables.items("Additional items of a position (位置附加信息)", EXTRAS, found, note)


def _vendors(found: Found) -> Iterator[str]:
    for name, dialect in VENDORS.items():
        note = "Read only where that vendor is named; what several vendors use differently is in no table."
        yield from tables.items(f"Items of vendor `{name}` (厂商扩展)", dialect.extras, found, note)


def _parameters(found: Found) -> Iterator[str]:
    yield from tables.parameters("Parameters (终端参数)", PARAMETERS, found, "In 0x8103 and 0x0104.")


def _taxi_extras(found: Found) -> Iterator[str]:
    yield from tables.items("Additional items of a position (位置附加信息)", TAXI_EXTRAS, found)


def _video_parameters(found: Found) -> Iterator[str]:
    yield from tables.parameters("Parameters (视频参数)", VIDEO.parameters, found, "In 0x8103 and 0x0104 of JT/T 808.")


def _media(found: Found) -> Iterator[str]:
    found.look_through(MEDIA_PACKET)
    yield "## Media packet (音视频流数据包)\n"
    yield from tables.fields(MEDIA_PACKET)
    yield "\nThe column 2019 is the SIM of BCD[10] that many newer terminals send; no bit tells.\n"
    yield "**Data type** (upper half): " + "; ".join(f"{int(one)} {title}" for one, title in DATA_TYPES.items()) + ".\n"
    yield "**Mark** (lower half): " + "; ".join(f"{int(one)} {title}" for one, title in MARKS.items()) + ".\n"


def _codecs() -> Iterator[str]:
    yield from tables.codes("Codecs (音视频编码类型)", "In 0x1003 and in a media packet.", {"PT": CODECS})


def _safety_items(found: Found) -> Iterator[str]:
    yield from tables.items("Additional items of a position (报警附加信息)", ITEMS, found)
    yield from tables.parameters("Parameters (主动安全参数)", SAFETY_PARAMETERS, found, "In 0x8103 and 0x0104.")
    yield from tables.items("Passed through (透传)", PASSTHROUGH, found, "Types of 0x0900 and 0x8900.")


def _sub_messages(found: Found) -> Iterator[str]:
    handling = dict.fromkeys(SUB_MESSAGES.forms, CODEC)
    yield from tables.messages(SUB_MESSAGES, platforms, handling, found, "Sub-messages (子业务)", "sub-")


def _practices(found: Found) -> Iterator[str]:
    yield "## Identification by practice (报警标识号的地方做法)\n"
    yield "| practice | title | bytes | terminal's id | reserved behind the count |"
    yield "| --- | --- | --- | --- | --- |"
    for practice, shape in SHAPES.items():
        yield f"| `{practice}` | {shape.title} | {shape.tag_bytes} | {shape.id_bytes} | {shape.reserved_bytes} |"
    yield ""


PAPERS: tuple[Paper, ...] = (
    Paper("jt808", "JT/T 808", JT808_HEAD, JT808, terminals, handled(JT808, GATEWAY, "2019"), jt808_gaps.NOT_FOUND,
          (_extras, _vendors, _parameters)),
    Paper("jt905", "JT/T 905.2", JT905_HEAD, JT905, terminals, handled(JT905, TAXI_GATEWAY, TAXI_EDITION),
          jt905_gaps.NOT_FOUND, (_taxi_extras,)),
    Paper("jt1078", "JT/T 1078", JT1078_HEAD, JT1078, terminals, handled(JT1078, {}, "2019"), jt1078_gaps.NOT_FOUND,
          (_video_parameters, _media), (_codecs,)),
    Paper("jt809", "JT/T 809", JT809_HEAD, JT809, platforms, dict.fromkeys(JT809.forms, CODEC), jt809_gaps.NOT_FOUND,
          (_sub_messages,)),
    Paper("active_safety", "Active safety, T/JSATL 12", SAFETY_HEAD, SAFETY, terminals,
          handled(SAFETY, SAFETY_GATEWAY, "2019"), safety_gaps.NOT_FOUND, (_safety_items, _practices)),
)  # fmt: skip


def index() -> str:
    """``README.md``: the papers, and the notes beside them."""
    lines = [
        "# Protocols\n",
        "What is read and written, from the tables that do it.",
        "Written by `scripts/protocol_docs.py`; a test compares.\n",
        "| paper | messages | not found | notes |",
        "| --- | --- | --- | --- |",
    ]
    for paper in PAPERS:
        notes = FOLDER / f"notes-{paper.name}.md"
        beside = f"[{notes.name}]({notes.name})" if notes.exists() else ""
        lines.append(
            f"| [{paper.title}]({paper.name}.md) | {len(paper.catalogue.forms)} | {len(paper.gaps)} | {beside} |"
        )
    lines.append(
        "\n`manage.py decode` says what a frame means in JSON; `manage.py decode --explain`, and the page 报文解析"
        "\n(`/datacenter/protocol/`), say it field by field with offset, bytes, value, unit and clause."
    )
    return "\n".join(lines) + "\n"


def written() -> dict[Path, str]:
    """Every file with its text."""
    return {paper.path: paper.text() for paper in PAPERS} | {FOLDER / "README.md": index()}


def main() -> int:
    """Write the papers, or compare."""
    check, stale = "--check" in sys.argv[1:], False
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in written().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: python scripts/protocol_docs.py", file=sys.stderr)
            stale = True
        else:
            path.write_text(text, encoding="utf-8")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
