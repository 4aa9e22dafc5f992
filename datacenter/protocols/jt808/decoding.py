"""A JT/T 808 frame, body or stream as the wire's own names (报文解析)."""

from typing import Any, Protocol

from datacenter.protocols.errors import EncryptedBody, FieldError, FrameTooLong, ProtocolError, UnknownMessage
from datacenter.protocols.jt808.dialect import Dialect, speaking
from datacenter.protocols.jt808.frame import FLAG, FrameSplitter, unescape
from datacenter.protocols.jt808.header import Edition, open_frame
from datacenter.protocols.jt808.messages import MESSAGES
from datacenter.protocols.jt808.vendors import VENDORS, UnknownVendor
from datacenter.protocols.layout import Catalogue
from datacenter.protocols.wire import Reader

EDITIONS: dict[str, str] = {"jt808-2019": Edition.V2019, "jt808-2013": Edition.V2013, "jt808-2011": Edition.V2011}


class BadFraming(ProtocolError):
    """Data that aren't in the framing they are said to be in."""

    code = "bad-framing"


class Asked(Protocol):
    """What is asked: bytes, and what is known of them."""

    @property
    def protocol(self) -> str: ...

    @property
    def data(self) -> bytes: ...

    def text(self, name: str, default: str = "") -> str: ...


def decode(
    asked: Asked, catalogue: Catalogue = MESSAGES, dialects: tuple[Dialect, ...] = (), default: str = Edition.V2013
) -> dict[str, Any]:
    """The answer for ``asked``. Raises ``ProtocolError`` where there is nothing to answer.

    Standards that travel in these frames give their own ``catalogue`` and ``dialects``. ``default`` is the edition of a
    bare body that names none. A ``vendor`` in what is asked brings that vendor's tables.
    """
    vendor = asked.text("vendor")
    if vendor and vendor not in VENDORS:
        raise UnknownVendor(vendor)
    with speaking(*dialects, *([VENDORS[vendor]] if vendor else [])):
        framing = asked.text("framing", "frame")
        if framing == "frame":
            return _frame(asked, catalogue)
        if framing == "body":
            edition = _edition(asked) or EDITIONS.get(asked.protocol, default)
            message_id = message_id_of(asked.text("message"))
            return _named(message_id, catalogue) | {"body": _body(message_id, asked.data, edition, catalogue)}
        if framing == "stream":
            return _stream(asked.data)
        if framing == "escape":
            return {"unescaped": unescape(asked.data.strip(FLAG)).hex().upper()}
        raise BadFraming(f"未知的 framing {framing!r}")


def _edition(asked: Asked) -> str | None:
    """The header's shape where the asker names it."""
    named = asked.text("header_edition")
    return Edition.V2019 if named == "2019" else Edition.V2013 if named in ("2011", "2013") else None


def message_id_of(text: str) -> int:
    try:
        return int(text, 16) & 0xFFFF
    except ValueError:
        raise BadFraming("只有消息体时须用 message 指明消息 ID") from None


def _named(message_id: int, catalogue: Catalogue) -> dict[str, Any]:
    form = catalogue.forms.get(message_id)
    return {"message": f"0x{message_id:04X}"} | ({"title": form.title} if form else {})


def _frame(asked: Asked, catalogue: Catalogue) -> dict[str, Any]:
    """One frame. Where frame and header are sound but the body isn't, the body is given as it came, and says why."""
    segments = [part for part in asked.data.split(FLAG) if part]
    if len(segments) != 1 or not asked.data.startswith(FLAG) or not asked.data.endswith(FLAG):
        raise BadFraming("应为首尾带 7E 的一帧")
    strict = asked.text("length") != "mismatch"  # the asker knows that the length field is wrong
    header, body = open_frame(unescape(segments[0]), _edition(asked), strict_length=strict)
    out = _named(header.message_id, catalogue) | {"header": header.show()}
    raw = body.hex().upper()
    if header.encryption:
        return out | {"body": {"hex": raw, "encrypted": EncryptedBody.code}}
    fragment = header.subpackaged and header.packets > 1
    if fragment and header.packet_no != 1:
        return out | {"body": {"fragment": raw}}
    try:
        shown = _body(header.message_id, body, header.edition, catalogue)
    except FieldError as fault:
        if fragment:  # the first packet tells what it can
            return out | {"body": {"fragment": raw}}
        reason = {"code": fault.code, "field": fault.field, "offset": fault.offset, "message": fault.message}
        return out | {"body": {"hex": raw, "malformed": reason}}
    return out | {"body": shown | ({"fragment": raw} if fragment else {})}


def _body(message_id: int, body: bytes, edition: str, catalogue: Catalogue) -> dict[str, Any]:
    form = catalogue.forms.get(message_id)
    if form is None:
        return {"hex": body.hex().upper(), "unknown": UnknownMessage.code}
    edition = form.edition_of(body, edition)
    reader = Reader(body, edition)
    shown = form.layout.show(form.layout.read(reader), edition)
    return shown | ({"_trailing": reader.rest().hex().upper()} if reader.remaining else {})


def _stream(data: bytes) -> dict[str, Any]:
    """Frames in a stream with their flags, as they lay there, and what is left unfinished."""
    splitter = FrameSplitter()
    segments = splitter.feed(data)
    return {
        "frames": [(FLAG + one + FLAG).hex().upper() for one in segments if isinstance(one, bytes)],
        "dropped": sum(isinstance(one, FrameTooLong) for one in segments),
        "skipped": splitter.skipped,
        "remaining": splitter.remaining.hex().upper(),
    }
