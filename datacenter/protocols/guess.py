"""Which standard a frame follows where nobody says (协议识别): by its flags, its header's shape, the message, the body.

JT/T 808 and JT/T 905 share flags and, up to 2013, the shape of the header. The gateway asks the registry whose number
it is; here only the frame speaks: the standard whose tables read it with less left over has it, and of two that read it
alike JT/T 905 has the one whose number begins like an ISU's.
"""

from collections.abc import Callable
from typing import Any

from datacenter.protocols.active_safety.decoding import EVERYTHING as ACTIVE_SAFETY
from datacenter.protocols.active_safety.items import ITEMS
from datacenter.protocols.active_safety.messages import MESSAGES as SAFETY_MESSAGES
from datacenter.protocols.errors import FieldError, ProtocolError
from datacenter.protocols.jt808 import header as jt808
from datacenter.protocols.jt808.frame import FLAG, unescape
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt905 import header as jt905
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.jt1078.messages import MESSAGES as JT1078
from datacenter.protocols.layout import Catalogue
from datacenter.protocols.tlv import TAIL, Tlv
from datacenter.protocols.wire import Reader

DEFAULT = "jt808"
PLATFORM_FLAG = b"\x5b"
STREAM_MAGIC = b"\x30\x31\x63\x64"
MEDIA_VERSION = 2
"""The two highest bits of the byte behind the magic in a media packet; a file's packet has its name there."""
_SOUND, _LEFT_OVER, _UNKNOWN, _BROKEN = range(4)

FRAMINGS = {"rtp": "jt1078", "rtp-stream": "jt1078", "sub-body": "jt809"}
"""Framings that only one standard has."""


def guess(data: bytes, framing: str = "frame") -> str:
    """The protocol that these bytes follow, as ``decoding.DECODERS`` spells it."""
    if framing in FRAMINGS:
        return FRAMINGS[framing]
    if data.startswith(STREAM_MAGIC):
        return "jt1078" if len(data) > 4 and data[4] >> 6 == MEDIA_VERSION else "jt808-su"
    if data.startswith(PLATFORM_FLAG):
        return "jt809"
    if framing != "frame" or not data.startswith(FLAG):
        return DEFAULT
    try:
        raw = unescape(data.strip(FLAG))
    except ProtocolError:
        return DEFAULT
    if len(raw) <= jt905.HEADER:
        return DEFAULT
    taxi = _fit(raw[:-1], jt905.open_content, JT905)
    other = _fit(raw[:-1], jt808.open_content, JT808)
    if taxi < other or (taxi == other and jt905.looks_like(raw)):
        return "jt905"
    return _in_jt808(raw[:-1])


def _fit(content: bytes, opened: Callable[[bytes], tuple[object, bytes]], catalogue: Catalogue) -> int:
    """How well a standard's tables read a frame: the less the better."""
    message_id = content[0] << 8 | content[1]
    form = catalogue.forms.get(message_id)
    try:
        header, body = opened(content)
    except ProtocolError:
        return _BROKEN + 1
    if form is None:
        return _UNKNOWN
    edition = getattr(header, "edition", "")
    if getattr(header, "subpackaged", False) or getattr(header, "encryption", 0):
        return _LEFT_OVER
    reader = Reader(body, form.edition_of(body, edition))
    try:
        message = form.layout.read(reader)
    except FieldError:
        return _BROKEN
    return _LEFT_OVER if reader.remaining or _breaks_off(message) else _SOUND


def _breaks_off(message: Any) -> bool:
    """Whether a list of items ends inside one."""
    lists = (getattr(message, line.attribute) for line in message.layout.lines)
    return any(one[-1].declared is not None or one[-1].id == TAIL for one in lists
               if isinstance(one, tuple) and one and isinstance(one[-1], Tlv))  # fmt: skip


def _in_jt808(content: bytes) -> str:
    """Which of the standards that travel in frames of JT/T 808: by the message's id, or by a report's items."""
    message_id = content[0] << 8 | content[1]
    if message_id in SAFETY_MESSAGES.forms and message_id not in JT808.forms:
        return ACTIVE_SAFETY.protocol
    if message_id in JT1078.forms and message_id not in JT808.forms:
        return "jt1078"
    if message_id == 0x0200 and _has_safety_items(content):
        return ACTIVE_SAFETY.protocol
    return DEFAULT


def _has_safety_items(content: bytes) -> bool:
    """Whether a position report carries an item of active safety as long as its table."""
    try:
        header, body = jt808.open_content(content)
        report = JT808.decode(header.message_id, body, header.edition)
    except ProtocolError:
        return False
    items: tuple[Tlv, ...] = getattr(report, "extras", ())
    return any(item.id in ITEMS and len(item.data) >= SHORTEST_ITEM for item in items)


SHORTEST_ITEM = 30
"""Bytes; vendors put short values of their own under the ids of active safety."""
