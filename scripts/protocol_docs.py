"""Writes ``docs/protocols/jt808.md`` from the codec's own tables (协议支持表).

``python scripts/protocol_docs.py``; with ``--check`` it writes nothing and fails where the paper is out of date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from enum import IntFlag
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datacenter.protocols.jt808.bits import AbnormalDriving, Alarm, Status, VehicleSignal, VideoAlarm  # noqa: E402
from datacenter.protocols.jt808.extras import EXTRAS  # noqa: E402
from datacenter.protocols.jt808.gaps import NOT_FOUND  # noqa: E402
from datacenter.protocols.jt808.header import LONG_HEADER, MAX_BODY, SHORT_HEADER, Edition  # noqa: E402
from datacenter.protocols.jt808.messages import MESSAGES  # noqa: E402
from datacenter.protocols.jt808.tables import EXTRA_NAMES  # noqa: E402
from datacenter.protocols.layout import Field, Layout  # noqa: E402
from datacenter.protocols.wire import ABSENT, Repeated  # noqa: E402

PAPER = ROOT / "docs/protocols/jt808.md"

# What the gateway does with each message by itself; the others are orders that someone gives, and their answers.
GATEWAY = {
    0x0001: "counted by result",
    0x0002: "answered with 0x8001",
    0x0003: "answered with 0x8001; the session is nobody's until the terminal authenticates again",
    0x0004: "answered with 0x8004",
    0x0005: "answered with 0x8001, result 3 (not supported): what the platform sends fits one packet",
    0x0100: "compared with the registry, answered with 0x8100 and its result",
    0x0102: "code checked, answered with 0x8001",
    0x0200: "stored; 0x8001 after the commit",
    0x0704: "stored item by item; 0x8001 after the commit",
    0x8001: "sent",
    0x8003: "sent once for each message that lacks packets",
    0x8004: "sent",
    0x8100: "sent",
}
BITS: tuple[tuple[str, type[IntFlag]], ...] = (
    ("Alarm flags 报警标志", Alarm),
    ("Status 状态位", Status),
    ("Video alarms 视频相关报警 (item 0x14)", VideoAlarm),
    ("Abnormal driving 异常驾驶行为 (item 0x18)", AbnormalDriving),
    ("Vehicle signals 扩展车辆信号 (item 0x25)", VehicleSignal),
)


def main() -> int:
    """Write the paper, or compare."""
    text = paper()
    if "--check" in sys.argv[1:]:
        if not PAPER.exists() or PAPER.read_text(encoding="utf-8") != text:
            print(f"{PAPER.relative_to(ROOT)} is out of date: python scripts/protocol_docs.py", file=sys.stderr)
            return 1
        return 0
    PAPER.parent.mkdir(parents=True, exist_ok=True)
    PAPER.write_text(text, encoding="utf-8")
    return 0


def paper() -> str:
    """The whole paper as text; the same tables give the same bytes."""
    return "\n".join([*_head(), *_messages(), *_extras(), *_bits(), *_not_found()])


def _head() -> Iterator[str]:
    yield f"""# JT/T 808: what is supported

Written by `scripts/protocol_docs.py` from the tables that decode and encode (`datacenter/protocols/jt808/`); a test
compares. Do not edit by hand.

## Editions and frames

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
"""


def _messages() -> Iterator[str]:
    yield "## Messages\n"
    yield "| id | name | direction | the gateway |"
    yield "| --- | --- | --- | --- |"
    for message_id, form in sorted(MESSAGES.forms.items()):
        direction = "platform → terminal" if message_id & 0x8000 else "terminal → platform"
        yield f"| 0x{message_id:04X} | {form.title} | {direction} | {GATEWAY.get(message_id, '')} |"
    yield "\nAny other message is answered with 0x8001, result 3 (not supported), and counted by its id."
    yield "Fields below stand in the order of the wire, under the names that `manage.py decode` prints."
    for message_id, form in sorted(MESSAGES.forms.items()):
        yield f"\n### 0x{message_id:04X} {form.title}\n"
        yield _first_paragraph(form)
        if form.layout.lines:
            yield ""
            yield from _fields(form.layout)
    yield ""


def _fields(layout: Layout) -> Iterator[str]:
    editions = [e for e in ("2011", "2019") if any(e in line.by_edition for line in layout.lines)]
    yield "| field | 名称 | type |" + "".join(f" {edition} |" for edition in editions)
    yield "| --- | --- | --- |" + " --- |" * len(editions)
    for line in layout.lines:
        kinds = "".join(f" {_kind(line, edition)} |" for edition in editions)
        yield f"| `{line.name}` | {line.title} | {_kind(line, '')} |{kinds}"


def _kind(line: Field, edition: str) -> str:
    if edition and edition not in line.by_edition:
        return "same"
    kind = line.kind_in(edition)
    if kind is ABSENT:
        return "—"
    counted = f"{kind.count.title} 个数 + " if isinstance(kind, Repeated) and kind.count else ""
    return counted + kind.title + (", optional" if line.optional else "")


def _extras() -> Iterator[str]:
    yield "## Additional items of a position (位置附加信息)\n"
    yield "*Column*: the vectorised decoder gives it one of its own; every item is stored with the position as it came."
    yield "Items without a table here, of another length, or of a vendor (0xE0 and up) stay bytes and encode back"
    yield "unchanged.\n"
    yield "| id | item | fields | column |"
    yield "| --- | --- | --- | --- |"
    columns = {name for name, _ in EXTRA_NAMES}
    for extra_id, form in sorted(EXTRAS.items()):
        lines = form.layout.lines
        fields = "; ".join(f"`{line.name}` {_kind(line, '')}" for line in lines)
        column = "yes" if columns & {line.name for line in lines} else ""
        yield f"| 0x{extra_id:02X} | {form.title} | {fields} | {column} |"
    yield ""


def _bits() -> Iterator[str]:
    yield "## Flag bits\n"
    for title, bits in BITS:
        yield f"**{title}**: {_bit_list(bits)}\n"


def _bit_list(bits: type[IntFlag]) -> str:
    named: Iterable[tuple[int, str]] = ((bit.value.bit_length() - 1, bit.name or "") for bit in bits)
    return ", ".join(f"{number} `{name.lower()}`" for number, name in named) + "."


def _not_found() -> Iterator[str]:
    yield "## Not found\n"
    yield "What the material at hand does not say; the code guesses none of it.\n"
    yield "| 内容 | 未查到 |"
    yield "| --- | --- |"
    for subject, lacking in NOT_FOUND:
        yield f"| {subject} | {lacking} |"
    yield ""


def _first_paragraph(form: type) -> str:
    return " ".join((inspect.getdoc(form) or "").split("\n\n")[0].split())


if __name__ == "__main__":
    sys.exit(main())
