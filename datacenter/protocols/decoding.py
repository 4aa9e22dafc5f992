"""One line of hexadecimal or JSON in, one JSON object out (报文解析): what ``manage.py decode`` says.

A line is a frame in hexadecimal, or an object with ``hex`` and, where known, ``protocol``, ``header_edition``,
``framing``, ``message``; a protocol that nobody names is guessed. ``DECODERS`` has one row a protocol. Names and shapes
in the answer are the wire's.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datacenter.errors import DomainError
from datacenter.protocols.active_safety.decoding import decode as decode_active_safety
from datacenter.protocols.errors import FieldError, ProtocolError
from datacenter.protocols.guess import guess
from datacenter.protocols.jt808.decoding import decode as decode_jt808
from datacenter.protocols.jt809.decoding import decode as decode_jt809
from datacenter.protocols.jt905.decoding import decode as decode_jt905
from datacenter.protocols.jt1078.decoding import decode as decode_jt1078

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
            raise BadRequest(f"{name} 应为字符串", field=name, value=value)
        return value


DECODERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "jt808": decode_jt808,
    "jt808-2011": decode_jt808,
    "jt808-2013": decode_jt808,
    "jt808-2019": decode_jt808,
    "jt808-su": decode_active_safety,
    "jt809": decode_jt809,
    "jt905": decode_jt905,
    "jt1078": decode_jt1078,
}
_BETWEEN = re.compile(r"[\s\ufeff,;:_'\"\[\]()<>-]+")


def digits_of(text: str) -> bytes:
    """The bytes that hexadecimal ``text`` spells; blanks, commas, dashes, ``0x`` and ``\\x`` between them are skipped.

    Raises ``BadRequest`` with the place of what is no digit.
    """
    words = _BETWEEN.split(text.lower().replace("\\x", " 0x").replace("0x", " 0x"))
    plain = "".join(word[2:].zfill(2) if word.startswith("0x") else word for word in words)
    wrong = next((at for at, one in enumerate(plain) if one not in "0123456789abcdef"), -1)
    if wrong >= 0:
        said = f"不是合法的十六进制：第 {wrong + 1} 个字符为 {plain[wrong]!r}"
        raise BadRequest(said, field="hex", offset=wrong // 2, value=plain[wrong])
    if len(plain) % 2:
        said = f"不是合法的十六进制：{len(plain)} 位数字，应为偶数"
        raise BadRequest(said, field="hex", offset=len(plain) // 2, value=plain[-1])
    return bytes.fromhex(plain)


def read_request(line: str, protocol: str = "") -> Request:
    """The request on one line; where neither it nor ``protocol`` names one, that is guessed. Raises ``BadRequest``."""
    if len(line) > MAX_LINE:
        raise BadRequest(f"一行不得超过 {MAX_LINE} 个字符", field="line", value=len(line))
    line = line.strip().lstrip("\ufeff")
    facts: Any = {"hex": line}
    if line.startswith("{"):
        try:
            facts = json.loads(line)
        except (ValueError, RecursionError):
            raise BadRequest("不是合法的 JSON", field="line") from None
    digits, named = facts.get("hex"), facts.get("protocol") or protocol
    if not isinstance(digits, str):
        raise BadRequest("hex 应为字符串", field="hex", value=digits)
    if not isinstance(named, str):
        raise BadRequest("protocol 应为字符串", field="protocol", value=named)
    data = digits_of(digits)
    framing = facts.get("framing")
    return Request(named or guess(data, framing if isinstance(framing, str) else "frame"), data, facts)


def answer(line: str, protocol: str = "") -> dict[str, Any]:
    """What a line decodes to, or why it doesn't; never raises on any line."""
    try:
        request = read_request(line, protocol)
        decoder = DECODERS.get(request.protocol)
        if decoder is None:
            raise BadRequest(f"尚不支持协议 {request.protocol!r}", field="protocol", value=request.protocol)
        return {"ok": True, "protocol": request.protocol} | decoder(request)
    except DomainError as fault:
        return {"ok": False, "error": error_of(fault)}


def error_of(fault: DomainError) -> dict[str, Any]:
    """A refusal with its facts: the rule is its code; field, place and value where it knows them."""
    facts = {name: _plain(value) for name, value in fault.facts.items()}
    if isinstance(fault, FieldError):
        facts |= {"field": fault.field, "offset": fault.offset}
    return facts | {"code": fault.code, "message": fault.message}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value[:32].hex().upper()
    return value if value is None or isinstance(value, int | str) else repr(value)[:80]
