"""What a codec refuses, by name (协议错误).

Every refusal is a ``ProtocolError`` with its facts as attributes: a codec given any bytes at all answers with a
message or raises one of these, and nothing else. ``offset`` is counted from the first byte of what was being read.
"""

from typing import Any

from datacenter.errors import DomainError


class ProtocolError(DomainError):
    """Bytes that do not follow the protocol, or a message that cannot be put into bytes."""

    code = "protocol-error"
    message = "报文不符合协议"


class HeaderTooShort(ProtocolError):
    """A frame that ends before its header does."""

    code = "header-too-short"

    def __init__(self, needed: int, had: int) -> None:
        super().__init__(f"消息头不完整：需要 {needed} 字节，只有 {had} 字节", needed=needed, had=had)


class BadChecksum(ProtocolError):
    """The XOR over header and body differs from the check byte sent."""

    code = "bad-checksum"

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"校验码不符：应为 {expected:02X}，收到 {found:02X}", expected=expected, found=found)


class BadEscape(ProtocolError):
    """0x7d followed by neither 0x01 nor 0x02, or by nothing."""

    code = "bad-escape"

    def __init__(self, offset: int) -> None:
        super().__init__(f"第 {offset} 字节处转义不合法", offset=offset)


class LengthMismatch(ProtocolError):
    """The body is not as long as the header says."""

    code = "body-length-mismatch"

    def __init__(self, declared: int, had: int) -> None:
        super().__init__(f"消息体长度不符：声明 {declared} 字节，实有 {had} 字节", declared=declared, had=had)


class FrameTooLong(ProtocolError):
    """More bytes without a delimiter than any frame can have; they are dropped."""

    code = "frame-too-long"

    def __init__(self, limit: int) -> None:
        super().__init__(f"超过 {limit} 字节没有帧标识，已丢弃", limit=limit)


class EncryptedBody(ProtocolError):
    """The header's encryption bits are set and no key was given."""

    code = "encrypted-body"

    def __init__(self, method: int) -> None:
        super().__init__(f"消息体已加密（加密方式 {method}），没有密钥", method=method)


class SubPackaged(ProtocolError):
    """One packet of a longer message: it has to be reassembled before it can be read."""

    code = "sub-packaged"

    def __init__(self, packets: int, packet_no: int) -> None:
        super().__init__(f"分包消息的第 {packet_no}/{packets} 包，需先合并", packets=packets, packet_no=packet_no)


class BadPacketNumber(ProtocolError):
    """A packet numbered 0 or past the end, or whose count differs from its siblings'."""

    code = "bad-packet-number"

    def __init__(self, packets: int, packet_no: int) -> None:
        super().__init__(f"分包序号不合法：{packet_no}/{packets}", packets=packets, packet_no=packet_no)


class AssemblyRefused(ProtocolError):
    """A sub-packaged message larger than the bound on bytes held for reassembly."""

    code = "assembly-refused"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"分包合并超过上限 {limit_bytes} 字节", limit_bytes=limit_bytes)


class UnknownMessage(ProtocolError):
    """A message id that no table has."""

    code = "unknown-message"

    def __init__(self, message_id: int) -> None:
        super().__init__(f"未知消息 0x{message_id:04X}", message_id=message_id)


class FieldError(ProtocolError):
    """A field that can't be read; ``field`` is its wire name once the table has named it."""

    code = "bad-field"
    field: str = ""
    offset: int = 0


class TruncatedBody(FieldError):
    """A body that ends inside a field."""

    code = "truncated-body"

    def __init__(self, needed: int, had: int, offset: int = 0) -> None:
        super().__init__(f"消息体不完整：需要 {needed} 字节，只有 {had} 字节", needed=needed, had=had, offset=offset)


class LeftOver(FieldError):
    """More bytes than the table has fields for."""

    code = "left-over"

    def __init__(self, left: int, offset: int = 0) -> None:
        super().__init__(f"比表中的字段多 {left} 字节", left=left, offset=offset)


class BadBcd(FieldError):
    """A nibble above 9 where decimal digits are due."""

    code = "bad-bcd"

    def __init__(self, raw: bytes, offset: int = 0) -> None:
        super().__init__(f"BCD 码不合法：{raw.hex().upper()}", raw=raw, offset=offset)


class BadTime(FieldError):
    """Digits that name no moment: month 13, 31 February, all zeros (a terminal without a clock)."""

    code = "bad-time"

    def __init__(self, raw: bytes, offset: int = 0) -> None:
        super().__init__(f"时间不合法：{raw.hex().upper()}", raw=raw, offset=offset)


class BadText(FieldError):
    """Bytes that are no GBK text."""

    code = "bad-text"

    def __init__(self, raw: bytes, offset: int = 0) -> None:
        super().__init__(f"GBK 文本不合法：{raw[:32].hex().upper()}", raw=raw, offset=offset)


class UnfitValue(FieldError):
    """A value that its field cannot carry; raised by encoding only."""

    code = "unfit-value"

    def __init__(self, value: Any, kind: str) -> None:
        super().__init__(f"值 {value!r} 放不进字段（{kind}）", value=value, kind=kind)
