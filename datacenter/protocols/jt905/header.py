"""Message header of JT/T 905.2 (消息头): 12 bytes, a plain body length, the ISU's number, a serial.

No bit of the length says packets, encryption or edition: those do not exist here. The ISU's first byte is 0x10 in a
terminal that keeps to the standard; maker, device type and three bytes of number follow. Other first bytes occur in
real frames, so the header takes any digits.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from datacenter.protocols.errors import HeaderTooShort, LengthMismatch, UnfitValue
from datacenter.protocols.jt808.frame import check
from datacenter.protocols.wire import Bcd

HEADER = 12
MAX_BODY = 0xFFFF
MAX_ESCAPED = 2 * (HEADER + MAX_BODY + 1)
"""No frame is longer between its flags, even if each byte is escaped."""
ISU_LEAD = 0x10
EDITION = "905"
"""What a terminal of this standard is entered as in the registry, where one of JT/T 808 has its edition."""
_ISU = Bcd(6)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a body (消息头). ``isu`` has 12 digits."""

    message_id: int
    body_length: int
    isu: str
    serial: int

    edition: ClassVar[str] = EDITION
    subpackaged: ClassVar[bool] = False
    encryption: ClassVar[int] = 0

    @property
    def phone(self) -> str:
        """The ISU's number under the name that JT/T 808 has for a terminal's."""
        return self.isu

    @property
    def maker(self) -> int:
        """The maker's code (厂商编号)."""
        return int(self.isu[2:4], 16)

    @property
    def device_type(self) -> int:
        """The device's type (设备类型), see ``bits.Device``."""
        return int(self.isu[4:6], 16)

    def show(self) -> dict[str, Any]:
        """Wire names and values, ready for JSON."""
        return {"isu": self.isu, "serial": self.serial}

    def pack(self) -> bytes:
        """The header's bytes. Raises ``UnfitValue`` where ISU or body length doesn't fit."""
        if not 0 <= self.body_length <= MAX_BODY:
            raise UnfitValue(self.body_length, "消息体长度，WORD")
        head = self.message_id.to_bytes(2, "big") + self.body_length.to_bytes(2, "big")
        return head + _ISU.write(self.isu) + self.serial.to_bytes(2, "big")


def open_content(content: bytes, *, strict_length: bool = True) -> tuple[Header, bytes]:
    """Header and body of a checked frame's ``content`` (check byte taken off).

    ``strict_length`` false takes whatever lies behind the header as the body. Raises ``HeaderTooShort``,
    ``LengthMismatch``.
    """
    had = len(content)
    if had < HEADER:
        raise HeaderTooShort(HEADER, had)
    length = content[2] << 8 | content[3]
    if strict_length and length != had - HEADER:
        raise LengthMismatch(length, had - HEADER)
    isu, serial = content[4:10].hex(), content[10] << 8 | content[11]
    return Header(content[0] << 8 | content[1], length, isu, serial), content[HEADER:]


def open_frame(raw: bytes, *, strict_length: bool = True) -> tuple[Header, bytes]:
    """Header and body of a raw frame. Raises ``HeaderTooShort``, ``BadChecksum``, ``LengthMismatch``, in this order."""
    return open_content(check(raw), strict_length=strict_length)


def looks_like(raw: bytes) -> bool:
    """Whether a raw frame has this standard's shape: an ISU beginning with 0x10, a plain length that fits.

    A JT/T 808 frame can have it too: a header of 12 bytes and a phone number that begins with 10, as cards of the
    internet of things have. So whoever shares a port asks the registry first.
    """
    return len(raw) > HEADER and raw[4] == ISU_LEAD and (raw[2] << 8 | raw[3]) == len(raw) - HEADER - 1
