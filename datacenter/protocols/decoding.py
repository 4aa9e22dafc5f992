"""One line of hexadecimal or JSON in, one JSON object out (报文解析): what ``manage.py decode`` says.

A line is a frame in hexadecimal, or an object with ``hex`` and, where known, ``protocol``, ``header_edition``,
``framing``, ``message``. ``DECODERS`` has one row a protocol. Names and shapes in the answer are the wire's.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datacenter.errors import DomainError
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.decoding import decode as decode_jt808
from datacenter.protocols.jt905.decoding import decode as decode_jt905

DEFAULT_PROTOCOL = "jt808"
MAX_LINE = 4 << 20


class BadRequest(ProtocolError):
    """A line that is neither hexadecimal nor an object that says what to decode."""

    code = "bad-request"


@dataclass(frozen=True, slots=True)
class Request:
    """What a line asks for. ``facts`` is the whole object; ``data`` its ``hex`` as bytes."""

    protocol: str
    data: bytes
    facts: dict[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """A fact that has to be a string. Raises ``BadRequest``."""
        value = self.facts.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise BadRequest(f"{name} 应为字符串")
        return value


DECODERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "jt808": decode_jt808,
    "jt808-2011": decode_jt808,
    "jt808-2013": decode_jt808,
    "jt808-2019": decode_jt808,
    "jt808-su": decode_jt808,
    "jt905": decode_jt905,
}


def read_request(line: str, protocol: str = "") -> Request:
    """The request on one line. ``protocol`` holds where the line names none. Raises ``BadRequest``."""
    if len(line) > MAX_LINE:
        raise BadRequest(f"一行不得超过 {MAX_LINE} 个字符")
    facts: Any = {"hex": line}
    if line.lstrip().startswith("{"):
        try:
            facts = json.loads(line)
        except (ValueError, RecursionError):
            raise BadRequest("不是合法的 JSON") from None
    digits, named = facts.get("hex"), facts.get("protocol", protocol or DEFAULT_PROTOCOL)
    if not isinstance(digits, str) or not isinstance(named, str):
        raise BadRequest("hex 与 protocol 应为字符串")
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        raise BadRequest("不是合法的十六进制") from None
    return Request(named, data, facts)


def answer(line: str, protocol: str = "") -> dict[str, Any]:
    """What a line decodes to, or why it doesn't; never raises on any line."""
    try:
        request = read_request(line, protocol)
        decoder = DECODERS.get(request.protocol)
        if decoder is None:
            raise BadRequest(f"尚不支持协议 {request.protocol!r}")
        return {"ok": True, "protocol": request.protocol} | decoder(request)
    except DomainError as fault:
        return {"ok": False, "error": {"code": fault.code, "message": fault.message}}
