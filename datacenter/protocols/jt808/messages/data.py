"""Data passed through, packed and sealed (透传、压缩、密钥消息).

JT/T 808-2019, messages 0x0900, 0x8900, 0x0901, 0x0A00 and 0x8A00.
"""

import zlib
from dataclasses import dataclass
from typing import Any

from datacenter.protocols.composed import Coded
from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt808.dialect import spoken
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import U8, U32, Bytes

from .catalogue import message

PASSTHROUGH_TYPES = {
    0x00: "GNSS模块详细定位数据",
    0x0B: "道路运输证IC卡信息",
    0x41: "串口1透传",
    0x42: "串口2透传",
    **dict.fromkeys(range(240, 256), "用户自定义透传"),
}
CARD_UP_BYTES, CARD_DOWN_BYTES, CARD_TIMEOUT_S = 64, 24, 30
"""Transport card data (0x0B): so many bytes up and down; no answer in this time is none, and it is never sent again."""


class BadCompression(FieldError):
    """Compressed data that are no gzip, end early, or unpack to more than the bound."""

    code = "bad-compression"

    def __init__(self, reason: str) -> None:
        super().__init__(f"压缩数据不合法：{reason}", reason=reason)


def _content(kind: int, data: bytes) -> Any:
    form = spoken().passthrough.get(kind)
    return form.layout.decode_whole(data) if form else data


@message(0x0900, "数据上行透传")
@dataclass(frozen=True, slots=True)
class PassthroughUp(Message):
    """Data of the vehicle's own equipment. JT/T 808-2019, message 0x0900."""

    type: int = wire(Coded(U8, PASSTHROUGH_TYPES), "透传消息类型")
    data: bytes = wire(Bytes(), "透传消息内容", default=b"")

    def content(self) -> Any:
        """The data by the table of the dialect spoken here, or as bytes. Raises ``FieldError``."""
        return _content(self.type, self.data)


@message(0x8900, "数据下行透传")
@dataclass(frozen=True, slots=True)
class PassthroughDown(Message):
    """Data for the vehicle's own equipment. JT/T 808-2019, message 0x8900."""

    type: int = wire(Coded(U8, PASSTHROUGH_TYPES), "透传消息类型")
    data: bytes = wire(Bytes(), "透传消息内容", default=b"")

    def content(self) -> Any:
        """The data by the table of the dialect spoken here, or as bytes. Raises ``FieldError``."""
        return _content(self.type, self.data)


@message(0x0901, "数据压缩上报")
@dataclass(frozen=True, slots=True)
class Compressed(Message):
    """A message packed by gzip. JT/T 808-2019, message 0x0901."""

    data: bytes = wire(Bytes(count=U32, count_name="len"), "压缩消息体")

    def unpacked(self, limit_bytes: int = 1 << 20) -> bytes:
        """What is packed inside, at most ``limit_bytes``. Raises ``BadCompression``."""
        unpacker = zlib.decompressobj(wbits=31)
        try:
            out = unpacker.decompress(self.data, limit_bytes + 1)
        except zlib.error as fault:
            raise BadCompression(str(fault)) from None
        if len(out) > limit_bytes:
            raise BadCompression(f"超过 {limit_bytes} 字节")
        if not unpacker.eof:
            raise BadCompression("数据不完整")
        return out

    @classmethod
    def of(cls, content: bytes) -> "Compressed":
        """``content``, packed."""
        packer = zlib.compressobj(wbits=31)
        return cls(packer.compress(content) + packer.flush())


MODULUS_BYTES = 128


@message(0x8A00, "平台RSA公钥")
@dataclass(frozen=True, slots=True)
class PlatformKey(Message):
    """The platform's RSA public key: exponent and modulus. JT/T 808-2019, message 0x8A00."""

    e: int = wire(U32, "RSA公钥e")
    n: bytes = wire(Bytes(MODULUS_BYTES), "RSA公钥n")


@message(0x0A00, "终端RSA公钥")
@dataclass(frozen=True, slots=True)
class TerminalKey(Message):
    """The terminal's RSA public key: exponent and modulus. JT/T 808-2019, message 0x0A00."""

    e: int = wire(U32, "RSA公钥e")
    n: bytes = wire(Bytes(MODULUS_BYTES), "RSA公钥n")
