"""A JT/T 1078 message or media packet as the wire's own names (报文解析).

Messages travel in JT/T 808 frames and are decoded there, with this standard's tables besides; ``rtp`` is one media
packet, ``rtp-stream`` the first one of a stream, with what is behind it as ``remaining``.
"""

from typing import Any

from datacenter.protocols.jt808.decoding import Asked
from datacenter.protocols.jt808.decoding import decode as decode_jt808
from datacenter.protocols.jt808.messages import MESSAGES as JT808

from .messages import MESSAGES
from .packet import MAGIC, open_either
from .parameters import VIDEO

SPOKEN = JT808.joined("jt1078", MESSAGES)
TITLE = "音视频流数据包"


def decode(asked: Asked) -> dict[str, Any]:
    """The answer for ``asked``. Raises ``ProtocolError`` where there is nothing to answer."""
    framing = asked.text("framing") or ("rtp" if asked.data.startswith(MAGIC) else "frame")
    if framing not in ("rtp", "rtp-stream"):
        return decode_jt808(asked, SPOKEN, (VIDEO,))
    packet, rest = open_either(asked.data)
    shown, behind = packet.show(), rest.hex().upper()
    out = {"message": "rtp", "title": TITLE}
    if framing == "rtp-stream":
        return out | {"body": shown, "remaining": behind}
    return out | {"body": shown | ({"_trailing": behind} if behind else {})}
