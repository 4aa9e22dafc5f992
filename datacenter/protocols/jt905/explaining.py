"""A frame of JT/T 905.2 field by field (报文解读): flags, escapes and check byte of JT/T 808, a header of its own."""

from dataclasses import dataclass

from datacenter.protocols.errors import HeaderTooShort, LengthMismatch
from datacenter.protocols.explain import Explanation
from datacenter.protocols.jt808.explaining import check_byte, name_message, opened, read_body
from datacenter.protocols.layout import Layout, wire
from datacenter.protocols.wire import U16, Bcd, Number

from .header import EDITION, HEADER, open_content
from .messages import MESSAGES


@dataclass(frozen=True, slots=True)
class HeaderFields:
    """The header (消息头). JT/T 905.2-2014, header."""

    message_id: int = wire(Number(2), "消息ID")
    body_length: int = wire(U16, "消息体长度")
    isu: str = wire(Bcd(6), "ISU 标识")
    serial: int = wire(U16, "消息体流水号")


FIELDS = Layout(HeaderFields)


def explain(data: bytes, protocol: str = "jt905", edition: str = "") -> Explanation:
    """What a frame says, flags and all."""
    out = Explanation(protocol, edition=EDITION)
    content = opened(out, data)
    try:
        header, body = open_content(content, strict_length=False)
    except HeaderTooShort as fault:
        out.group(0, len(content), "header", "消息头", "不完整", fault=out.blame(fault, len(content)))
        out.table(FIELDS, 0, len(content))
        return out
    wrong = None
    if header.body_length != len(body):
        wrong = out.blame(LengthMismatch(header.body_length, len(body)), HEADER)
    name_message(out, MESSAGES, header.message_id)
    out.summary = f"{out.message} {out.title} 流水号 {header.serial} ISU {header.isu}"
    out.group(0, HEADER, "header", "消息头", f"{HEADER} 字节", fault=wrong)
    out.table(FIELDS, 0, HEADER)
    read_body(out, header.message_id, HEADER, len(content), MESSAGES)
    check_byte(out)
    return out
