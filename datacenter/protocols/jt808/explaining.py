"""A frame of JT/T 808 field by field (报文解读): flags, escapes, header, body, check byte.

Standards that travel in the same frames (JT/T 1078, active safety, JT/T 905) give their own tables. A wrong check byte
or length is said and doesn't keep the rest from being explained.
"""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.errors import BadChecksum, BadEscape, EncryptedBody, HeaderTooShort, LengthMismatch
from datacenter.protocols.explain import Explanation
from datacenter.protocols.layout import Catalogue, Layout, wire
from datacenter.protocols.wire import U8, U16, Bcd, Integer, Number

from .dialect import Dialect, speaking
from .frame import ESCAPE, FLAG, checksum, unescape
from .header import ENCRYPTION_MASK, LENGTH_MASK, SUBPACKAGE_BIT, VERSION_BIT, Edition, Header, open_content
from .kinds import IfBit
from .messages import MESSAGES

FRAME_CLAUSE = "JT/T 808-2019, 4.4"


class Properties(Integer):
    """The properties of a body (消息体属性): its length, encryption, sub-packages, and from 2019 on the edition."""

    def __init__(self) -> None:
        super().__init__(2)
        self.title = "WORD 位标志"

    def means(self, value: Any) -> list[str]:
        encryption = (value & ENCRYPTION_MASK) >> 10
        return [
            f"位0-9 消息体长度 {value & LENGTH_MASK}",
            f"位10-12 {'不加密' if not encryption else 'RSA 加密' if encryption == 1 else f'加密方式 {encryption}'}",
            f"位13 {'分包' if value & SUBPACKAGE_BIT else '不分包'}",
            f"位14 {'2019 版标识' if value & VERSION_BIT else '无版本标识'}",
        ]


def packet(title: str, name: str) -> Any:
    """A field that only packets of a longer message have."""
    return wire(IfBit("properties", 13, U16), title, name=name, default=None)


@dataclass(frozen=True, slots=True)
class ShortHeader:
    """The header up to 2013 (消息头). JT/T 808-2013, 4.4."""

    message_id: int = wire(Number(2), "消息ID")
    properties: int = wire(Properties(), "消息体属性")
    phone: str = wire(Bcd(6), "终端手机号")
    serial: int = wire(U16, "消息流水号")
    packets: int | None = packet("消息总包数", "packets")
    packet_no: int | None = packet("包序号", "packet_no")


@dataclass(frozen=True, slots=True)
class LongHeader:
    """The header of 2019 (消息头). JT/T 808-2019, 4.4."""

    message_id: int = wire(Number(2), "消息ID")
    properties: int = wire(Properties(), "消息体属性")
    version: int = wire(U8, "协议版本号")
    phone: str = wire(Bcd(10), "终端手机号")
    serial: int = wire(U16, "消息流水号")
    packets: int | None = packet("消息总包数", "packets")
    packet_no: int | None = packet("包序号", "packet_no")


SHORT, LONG = Layout(ShortHeader), Layout(LongHeader)


def explain(
    data: bytes,
    protocol: str = "jt808",
    edition: str = "",
    catalogue: Catalogue = MESSAGES,
    dialects: tuple[Dialect, ...] = (),
) -> Explanation:
    """What a frame says, flags and all. ``edition`` overrules what the header says of its own shape."""
    out = Explanation(protocol)
    content = opened(out, data)
    named = {"2019": Edition.V2019, "2013": Edition.V2013, "2011": Edition.V2013}.get(edition)
    try:
        header, body = open_content(content, named, strict_length=False)
    except HeaderTooShort as fault:
        out.group(0, len(content), "header", "消息头", "不完整", fault=out.blame(fault, len(content)))
        out.table(SHORT if len(content) < 4 or not content[2] & VERSION_BIT >> 8 else LONG, 0, len(content))
        return out
    start = len(content) - len(body)
    out.edition = header.edition
    wrong = None
    if header.body_length != len(body):
        wrong = out.blame(LengthMismatch(header.body_length, len(body)), start)
    name_message(out, catalogue, header.message_id)
    out.summary = f"{out.message} {out.title} 流水号 {header.serial} 终端 {header.phone.lstrip('0') or '0'}"
    out.group(0, start, "header", "消息头", f"{header.edition} 版，{start} 字节", fault=wrong)
    out.table(LONG if header.edition == Edition.V2019 else SHORT, 0, start)
    with speaking(*dialects):
        _body(out, header, start, len(content), catalogue)
    check_byte(out)
    return out


def opened(out: Explanation, data: bytes) -> bytes:
    """Header and body of a frame: flags and escapes undone as far as they can be, check byte taken off.

    Keeps in ``out`` the raw bytes, the places of escapes, and what was wrong with either.
    """
    inner = data.strip(FLAG)
    try:
        out.raw = unescape(inner)
    except BadEscape as fault:
        out.raw = inner.replace(b"\x7d\x02", FLAG).replace(b"\x7d\x01", ESCAPE)
        out.blame(fault, int(fault.facts.get("offset", 0)))
    out.escapes = tuple(_escaped(inner))
    return out.raw[:-1]


def _escaped(inner: bytes) -> list[int]:
    """Offsets, escapes undone, of the bytes that came escaped."""
    found: list[int] = []
    at = inner.find(ESCAPE)
    while at >= 0:
        if inner[at + 1 : at + 2] in (b"\x01", b"\x02"):
            found.append(at - len(found))
        at = inner.find(ESCAPE, at + 1)
    return found


def name_message(out: Explanation, catalogue: Catalogue, message_id: int) -> None:
    """Enters the message's id and title."""
    form = catalogue.forms.get(message_id)
    out.message, out.title = f"0x{message_id:04X}", form.title if form else "未知消息"


def _body(out: Explanation, header: Header, start: int, stop: int, catalogue: Catalogue) -> None:
    said = f"{stop - start} 字节"
    if header.encryption:
        out.group(start, stop, "body", "消息体", said, fault=out.blame(EncryptedBody(header.encryption), start))
        out.left_over(start, stop, "hex", "密文", ("没有密钥",))
        return
    if header.subpackaged and header.packets > 1 and header.packet_no != 1:
        out.group(start, stop, "body", "消息体", said)
        part = f"第 {header.packet_no}/{header.packets} 包，合并后才能解读"
        out.left_over(start, stop, "fragment", "分包内容", (part,))
        return
    read_body(out, header.message_id, start, stop, catalogue, header.edition)
    if header.subpackaged and header.packets > 1:
        out.note(f"共 {header.packets} 包，此为首包，字段可能在包尾中断")


def read_body(
    out: Explanation, message_id: int, start: int, stop: int, catalogue: Catalogue, edition: str = ""
) -> None:
    """A body by its table; as bytes where no table has the message."""
    form = catalogue.forms.get(message_id)
    out.group(start, stop, "body", "消息体", f"{stop - start} 字节")
    if form is None:
        out.left_over(start, stop, "hex", "原始字节", ("没有这条消息的表",))
        return
    edition = form.edition_of(out.raw[start:stop], edition)
    out.edition = edition or out.edition
    out.table(form.layout, start, stop, edition)


def check_byte(out: Explanation, clause: str = FRAME_CLAUSE) -> None:
    """The last byte of a frame, right or wrong."""
    at = len(out.raw) - 1
    if at < 0:
        return
    expected, found = checksum(out.raw[:-1]), out.raw[-1]
    wrong = None if expected == found else out.blame(BadChecksum(expected, found), at)
    means = f"正确，{expected:02X}" if wrong is None else f"错误：应为 {expected:02X}，收到 {found:02X}"
    out.group(at, at + 1, "checksum", "校验码", f"0x{found:02X}", type="BYTE，异或", means=(means,), clause=clause,
              fault=wrong)  # fmt: skip
