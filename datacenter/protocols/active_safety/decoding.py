"""A frame, body or stream of active safety as the wire's own names (报文解析)."""

from typing import Any

from datacenter.protocols.jt808.decoding import Asked
from datacenter.protocols.jt808.decoding import decode as decode_jt808
from datacenter.protocols.jt808.messages import MESSAGES as JT808

from .dialect import ACTIVE_SAFETY
from .messages import MESSAGES, POSITIONS
from .practices import following

EVERYTHING = JT808.joined("jt808-su", MESSAGES, POSITIONS)


def decode(asked: Asked) -> dict[str, Any]:
    """The answer for ``asked``; a ``practice`` in it is tried before the others. Raises ``ProtocolError``."""
    with following(asked.text("practice")):
        return decode_jt808(asked, EVERYTHING, (ACTIVE_SAFETY,))
