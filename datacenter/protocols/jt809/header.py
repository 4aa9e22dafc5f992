"""Message header of JT/T 809 (数据头) and encryption of bodies (数据体加密): 22 bytes in 2011, 30 in 2019.

The header doesn't say which edition it is: whoever knows the peer says so; else bytes 22 to 29 do, where they are a
time that a sender's clock may show.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from struct import Struct
from struct import error as StructError
from typing import Any

from datacenter.protocols.errors import EncryptedBody, HeaderTooShort, LengthMismatch, UnfitValue

from .frame import ENVELOPE, check, seal
from .kinds import moment_of

SHORT_HEADER, LONG_HEADER = 22, 30
EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""Seconds since 1970 of the years 2000 and 2100: what lies between is a send time."""
_SHORT, _LONG = Struct(">IIHI3sBI"), Struct(">IIHI3sBIQ")


class Edition(StrEnum):
    """Editions of the standard (协议版本)."""

    V2011 = "2011"
    V2019 = "2019"


@dataclass(frozen=True, slots=True)
class Key:
    """What two platforms agree on for encryption (加密参数): multiplier, increment and modulus of the key stream."""

    m1: int
    ia1: int
    ic1: int

    def stream(self, seed: int, size: int) -> bytes:
        """``size`` bytes of the key stream that a message's own key ``seed`` begins."""
        modulus, key = self.m1 or 1, seed or 1
        out = bytearray(size)
        for at in range(size):
            key = (self.ia1 * (key % modulus) + self.ic1) & 0xFFFFFFFF
            out[at] = key >> 20 & 0xFF
        return bytes(out)

    def apply(self, seed: int, body: bytes) -> bytes:
        """``body`` encrypted, or decrypted: the operation is its own reverse."""
        mask = int.from_bytes(self.stream(seed, len(body)), "big")
        return (int.from_bytes(body, "big") ^ mask).to_bytes(len(body), "big")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a body (数据头).

    ``access_code`` is the lower platform's (下级平台接入码), ``version`` three bytes as hexadecimal digits, ``key`` the
    message's own key of encryption; ``utc`` the moment of sending as it lies on the wire, 2019 only.
    """

    message_id: int
    serial: int
    access_code: int
    edition: Edition
    version: str = "010000"
    encrypt: int = 0
    key: int = 0
    utc: int = 0
    length: int = 0

    @property
    def size(self) -> int:
        """Bytes of this header."""
        return LONG_HEADER if self.edition == Edition.V2019 else SHORT_HEADER

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent, by the sender's clock; None where the header doesn't tell."""
        moment = moment_of(self.utc) if self.utc else None
        return moment if isinstance(moment, datetime) else None

    def show(self) -> dict[str, Any]:
        """Wire names and values, ready for JSON."""
        out: dict[str, Any] = {
            "length": self.length,
            "serial": self.serial,
            "access_code": self.access_code,
            "version": self.version,
            "encrypt": self.encrypt,
            "key": self.key,
        }
        return out | ({"utc": self.utc} if self.edition == Edition.V2019 else {})

    def pack(self) -> bytes:
        """The header's bytes. Raises ``UnfitValue``."""
        try:
            version = bytes.fromhex(self.version)
            if len(version) != 3:
                raise ValueError(self.version)
            head = (self.length, self.serial, self.message_id, self.access_code, version, self.encrypt, self.key)
            return _LONG.pack(*head, self.utc) if self.edition == Edition.V2019 else _SHORT.pack(*head)
        except (StructError, ValueError, TypeError) as fault:
            raise UnfitValue(str(fault), "数据头") from None


def edition_of(content: bytes) -> Edition:
    """The edition that a frame's header and body look like."""
    if len(content) < LONG_HEADER:
        return Edition.V2011
    utc = int.from_bytes(content[SHORT_HEADER:LONG_HEADER], "big")
    return Edition.V2019 if EARLIEST <= utc < LATEST or EARLIEST <= utc // 1000 < LATEST else Edition.V2011


def open_content(content: bytes, edition: str | None = None, *, strict_length: bool = True) -> tuple[Header, bytes]:
    """Header and body of a checked frame's ``content`` (CRC taken off); an encrypted body stays as it came.

    ``strict_length`` false takes whatever lies behind the header as the body. Raises ``HeaderTooShort``,
    ``LengthMismatch``.
    """
    known = Edition(edition) if edition else edition_of(content)
    long = known == Edition.V2019
    size = LONG_HEADER if long else SHORT_HEADER
    if len(content) < size:
        raise HeaderTooShort(size, len(content))
    utc = 0
    if long:
        length, serial, message_id, access_code, version, encrypt, key, utc = _LONG.unpack_from(content)
    else:
        length, serial, message_id, access_code, version, encrypt, key = _SHORT.unpack_from(content)
    if strict_length and length != len(content) + ENVELOPE:
        raise LengthMismatch(length, len(content) + ENVELOPE)
    header = Header(message_id, serial, access_code, known, version.hex(), encrypt, key, utc, length)
    return header, content[size:]


def open_frame(raw: bytes, edition: str | None = None, *, strict_length: bool = True) -> tuple[Header, bytes]:
    """The same for a raw frame. Raises ``HeaderTooShort``, ``BadCrc``, ``LengthMismatch``, in this order."""
    return open_content(check(raw), edition, strict_length=strict_length)


def clear_body(header: Header, body: bytes, key: Key | None) -> bytes:
    """The body to be read. Raises ``EncryptedBody`` where it is encrypted and no key is known."""
    if not header.encrypt:
        return body
    if key is None:
        raise EncryptedBody(header.encrypt)
    return key.apply(header.key, body)


def sealed(header: Header, body: bytes, key: Key | None = None) -> bytes:
    """The frame of a body: its length put into the header, encrypted where the header says so.

    Raises ``EncryptedBody`` where no key is known for that, ``UnfitValue`` where the header can't carry its values.
    """
    whole = replace(header, length=header.size + len(body) + ENVELOPE)
    return seal(whole.pack() + clear_body(header, body, key))
