"""Message header of JT/T 808 (消息头): 12 bytes up to 2013, 17 in 2019, four more where a message is sub-packaged.

Bit 14 of the properties says 2019, but some terminals set it over a 12-byte header: the body length tells. A frame
is whole when the length field fits the frame under the header it announces, or under the short one.
"""

from dataclasses import dataclass
from enum import StrEnum
from struct import Struct
from typing import Any

from datacenter.protocols.compiled import maker_of
from datacenter.protocols.errors import EncryptedBody, HeaderTooShort, LengthMismatch, SubPackaged, UnfitValue
from datacenter.protocols.wire import Bcd

from .frame import check, checksum

LENGTH_MASK = 0x03FF
ENCRYPTION_MASK = 0x1C00
SUBPACKAGE_BIT = 0x2000
VERSION_BIT = 0x4000
MAX_BODY = LENGTH_MASK
SHORT_HEADER, LONG_HEADER, PACKET_FIELDS = 12, 17, 4
_PHONE_SHORT, _PHONE_LONG = Bcd(6), Bcd(10)


class Edition(StrEnum):
    """Editions of the standard (协议版本). Headers know the short and the long one; 2011 shows in some bodies."""

    V2011 = "2011"
    V2013 = "2013"
    V2019 = "2019"


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a body (消息头). ``phone`` has 12 digits, 20 in 2019."""

    message_id: int
    body_length: int
    phone: str
    serial: int
    edition: Edition
    encryption: int = 0
    subpackaged: bool = False
    packets: int = 0
    packet_no: int = 0
    version: int = 1

    @property
    def first_serial(self) -> int:
        """Serial number of the first packet of a sub-packaged message; its own otherwise."""
        return (self.serial - self.packet_no + 1) & 0xFFFF if self.subpackaged else self.serial

    def show(self) -> dict[str, Any]:
        """Wire names and values, ready for JSON."""
        out: dict[str, Any] = {
            "phone": self.phone,
            "serial": self.serial,
            "encryption": self.encryption,
            "subpackage": int(self.subpackaged),
        }
        if self.subpackaged:
            out |= {"packets": self.packets, "packet_no": self.packet_no}
        if self.edition == Edition.V2019:
            out["version"] = self.version
        return out

    def pack(self) -> bytes:
        """The header's bytes. Raises ``UnfitValue`` where the phone or the body length doesn't fit."""
        if not 0 <= self.body_length <= MAX_BODY:
            raise UnfitValue(self.body_length, "消息体长度，10 位")
        long = self.edition == Edition.V2019
        props = self.body_length | (self.encryption & 7) << 10
        props |= (SUBPACKAGE_BIT if self.subpackaged else 0) | (VERSION_BIT if long else 0)
        head = self.message_id.to_bytes(2, "big") + props.to_bytes(2, "big")
        head += bytes((self.version,)) + _PHONE_LONG.write(self.phone) if long else _PHONE_SHORT.write(self.phone)
        head += self.serial.to_bytes(2, "big")
        if self.subpackaged:
            head += self.packets.to_bytes(2, "big") + self.packet_no.to_bytes(2, "big")
        return head


_header = maker_of(Header)
_V2013, _V2019 = Edition.V2013, Edition.V2019
_SHORT, _LONG = Struct(">HH6sH").unpack_from, Struct(">HHB10sH").unpack_from


def open_content(content: bytes, edition: str | None = None, *, strict_length: bool = True) -> tuple[Header, bytes]:
    """Header and body of a checked frame's ``content`` (check byte taken off).

    ``edition`` overrules what bit 14 says of the header's shape. ``strict_length`` false takes whatever lies behind the
    header as the body. Raises ``HeaderTooShort``, ``LengthMismatch``.
    """
    had = len(content)
    if had < SHORT_HEADER:
        raise HeaderTooShort(SHORT_HEADER, had)
    props = content[2] << 8 | content[3]
    length, packets = props & LENGTH_MASK, PACKET_FIELDS if props & SUBPACKAGE_BIT else 0
    announced = LONG_HEADER if props & VERSION_BIT else SHORT_HEADER
    size = announced + packets
    fits = had == size + length
    if announced == LONG_HEADER and not fits and had == SHORT_HEADER + packets + length:
        size, fits = SHORT_HEADER + packets, True
    if edition is not None:
        size = (LONG_HEADER if edition == Edition.V2019 else SHORT_HEADER) + packets
        fits = had == size + length
    if had < size:
        raise HeaderTooShort(size, had)
    if not fits and strict_length:
        raise LengthMismatch(length, had - size)
    long = size - packets == LONG_HEADER
    at = LONG_HEADER if long else SHORT_HEADER
    header = Header(
        message_id=content[0] << 8 | content[1],
        body_length=length,
        phone=(content[5:15] if long else content[4:10]).hex(),
        serial=content[at - 2] << 8 | content[at - 1],
        edition=Edition.V2019 if long else Edition.V2013,
        encryption=props >> 10 & 7,
        subpackaged=bool(packets),
        packets=content[at] << 8 | content[at + 1] if packets else 0,
        packet_no=content[at + 2] << 8 | content[at + 3] if packets else 0,
        version=content[4] if long else 1,
    )
    return header, content[size:]


def open_frame(raw: bytes, edition: str | None = None, *, strict_length: bool = True) -> tuple[Header, bytes]:
    """Header and body of a raw frame: length, check byte, header, body length, in this order.

    Raises ``HeaderTooShort``, ``BadChecksum``, ``LengthMismatch``.
    """
    size = len(raw)
    if edition is None and size > LONG_HEADER and not checksum(raw):  # the usual frame: no packets, a fitting length
        message_id, props, phone, serial = _SHORT(raw)
        if props == size - SHORT_HEADER - 1 <= MAX_BODY:
            header = _header(message_id, props, phone.hex(), serial, _V2013, 0, False, 0, 0, 1)
            return header, raw[SHORT_HEADER:-1]
        length = size - LONG_HEADER - 1
        if props ^ VERSION_BIT == length <= MAX_BODY:
            message_id, _, version, phone, serial = _LONG(raw)
            header = _header(message_id, length, phone.hex(), serial, _V2019, 0, False, 0, 0, version)
            return header, raw[LONG_HEADER:-1]
    return open_content(check(raw), edition, strict_length=strict_length)


def require_readable(header: Header) -> None:
    """Refuse a body that can't be read by itself: ``SubPackaged``, then ``EncryptedBody``."""
    if header.subpackaged:
        raise SubPackaged(header.packets, header.packet_no)
    if header.encryption:
        raise EncryptedBody(header.encryption)
