"""A frame of JT/T 809 field by field (报文解读): flags, escapes, header, body with what it carries, CRC.

A wrong CRC or length is said and doesn't keep the rest from being explained. An encrypted body stays bytes: what is
pasted brings no key.
"""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.errors import EncryptedBody, HeaderTooShort, LengthMismatch, ProtocolError
from datacenter.protocols.explain import Explanation
from datacenter.protocols.layout import Layout, wire
from datacenter.protocols.wire import U8, U32, Number

from .errors import BadCrc, BadEscape
from .frame import BEGIN, CRC_BYTES, END, ENVELOPE, crc, is_bare, unescape
from .header import LONG_HEADER, Edition, open_content
from .kinds import UTC_SECONDS
from .messages import MESSAGES, Family

FRAME_CLAUSE = "JT/T 809-2019, message structure"
_MARKS = (0x5A, 0x5E)


@dataclass(frozen=True, slots=True)
class ShortHeader:
    """The header of 2011 (数据头). JT/T 809-2011, message structure."""

    length: int = wire(U32, "数据长度")
    serial: int = wire(U32, "报文序列号")
    message_id: int = wire(Number(2), "业务数据类型")
    access_code: int = wire(U32, "下级平台接入码")
    version: int = wire(Number(3), "协议版本号标识")
    encrypt: int = wire(Coded(U8, {0: "不加密", 1: "加密"}), "报文加密标识位")
    key: int = wire(U32, "数据加密的密匙")


@dataclass(frozen=True, slots=True)
class LongHeader(ShortHeader):
    """The header of 2019 (数据头). JT/T 809-2019, message structure."""

    utc: int = wire(UTC_SECONDS, "发送消息时的系统UTC时间")


SHORT, LONG = Layout(ShortHeader), Layout(LongHeader)


def explain(data: bytes, protocol: str = "jt809", edition: str = "") -> Explanation:
    """What a frame says, flags and all. ``edition`` overrules what the header looks like."""
    out = Explanation(protocol)
    content = _opened(out, data)
    named = Edition(edition) if edition in set(Edition) else None
    try:
        header, body = open_content(content, named, strict_length=False)
    except HeaderTooShort as fault:
        out.group(0, len(content), "header", "数据头", "不完整", fault=out.blame(fault, len(content)))
        out.table(LONG if named == Edition.V2019 else SHORT, 0, len(content))
        return out
    start, stop = header.size, len(content)
    out.edition = header.edition
    wrong = None
    if header.length != stop + ENVELOPE:
        wrong = out.blame(LengthMismatch(header.length, stop + ENVELOPE), 0)
    form = MESSAGES.forms.get(header.message_id)
    out.message, out.title = f"0x{header.message_id:04X}", form.title if form else "未知消息"
    out.summary = f"{out.message} {out.title} 序列号 {header.serial} 接入码 {header.access_code}"
    out.group(0, start, "header", "数据头", f"{header.edition} 版，{start} 字节", fault=wrong)
    out.table(LONG if start == LONG_HEADER else SHORT, 0, start)
    said = f"{len(body)} 字节"
    if header.encrypt:
        out.group(start, stop, "body", "数据体", said, fault=out.blame(EncryptedBody(header.encrypt), start))
        out.left_over(start, stop, "hex", "密文", ("没有密钥",))
    elif form is None:
        out.group(start, stop, "body", "数据体", said)
        out.left_over(start, stop, "hex", "原始字节", ("没有这条消息的表",))
    else:
        out.group(start, stop, "body", "数据体", said)
        message = out.table(form.layout, start, stop, header.edition)
        inner = message.sub_message if isinstance(message, Family) else None
        if inner is not None:
            out.title = f"{form.title}：{inner.title}"
            out.summary = f"{out.message}/0x{inner.message_id:04X} {inner.title} 序列号 {header.serial}"
    _check(out, stop)
    return out


def _opened(out: Explanation, data: bytes) -> bytes:
    """Header and body of a frame: flags and escapes undone as far as they can be, the CRC taken off."""
    inner = data.removeprefix(BEGIN).removesuffix(END)
    if is_bare(inner) and any(mark in inner for mark in _MARKS):
        out.raw = inner
        out.note("此帧未经转义：按数据长度与 CRC 校验码判断")
        return inner[:-CRC_BYTES]
    try:
        out.raw = unescape(inner)
    except BadEscape as fault:
        out.raw = inner
        out.blame(fault, int(fault.facts.get("offset", 0)))
    else:
        out.escapes = tuple(_escaped(inner))
    return out.raw[: max(0, len(out.raw) - CRC_BYTES)]


def _escaped(inner: bytes) -> list[int]:
    """Offsets, escapes undone, of the bytes that came escaped."""
    places = [at for at, byte in enumerate(inner) if byte in _MARKS]
    return [at - number for number, at in enumerate(places)]


def _check(out: Explanation, at: int) -> None:
    """The last two bytes of a frame, right or wrong."""
    found, expected = int.from_bytes(out.raw[at:], "big"), crc(out.raw[:at])
    wrong = None
    if found != expected or len(out.raw) - at != CRC_BYTES:
        fault: ProtocolError = BadCrc(expected, found)
        wrong = out.blame(fault, at)
    means = f"正确，{expected:04X}" if wrong is None else f"错误：应为 {expected:04X}，收到 {found:04X}"
    out.group(at, len(out.raw), "crc", "CRC 校验码", f"0x{found:04X}", type="WORD，CRC-CCITT", means=(means,),
              clause=FRAME_CLAUSE, fault=wrong)  # fmt: skip
