"""A JT/T 905.2 frame, body or stream as the wire's own names (报文解析)."""

from typing import Any

from datacenter.protocols.errors import FieldError, FrameTooLong, UnknownMessage
from datacenter.protocols.jt808.decoding import Asked, BadFraming
from datacenter.protocols.jt808.frame import FLAG, FrameSplitter, unescape
from datacenter.protocols.jt905.header import MAX_ESCAPED, open_frame
from datacenter.protocols.jt905.messages import MESSAGES
from datacenter.protocols.wire import Reader


def decode(asked: Asked) -> dict[str, Any]:
    """The answer for ``asked``. Raises ``ProtocolError`` where there is nothing to answer."""
    match asked.text("framing", "frame"):
        case "frame":
            return _frame(asked)
        case "body":
            message_id = _message_id(asked.text("message"))
            return _named(message_id) | {"body": _body(message_id, asked.data)}
        case "stream":
            return _stream(asked.data)
        case "escape":
            return {"unescaped": unescape(asked.data.strip(FLAG)).hex().upper()}
        case other:
            raise BadFraming(f"未知的 framing {other!r}")


def _message_id(text: str) -> int:
    try:
        return int(text, 16) & 0xFFFF
    except ValueError:
        raise BadFraming("只有消息体时须用 message 指明消息 ID") from None


def _named(message_id: int) -> dict[str, Any]:
    form = MESSAGES.forms.get(message_id)
    return {"message": f"0x{message_id:04X}"} | ({"title": form.title} if form else {})


def _frame(asked: Asked) -> dict[str, Any]:
    """One frame. Where frame and header are sound but the body isn't, the body is given as it came, and says why."""
    segments = [part for part in asked.data.split(FLAG) if part]
    if len(segments) != 1 or not asked.data.startswith(FLAG) or not asked.data.endswith(FLAG):
        raise BadFraming("应为首尾带 7E 的一帧")
    strict = asked.text("length") != "mismatch"  # the asker knows that the length field is wrong
    header, body = open_frame(unescape(segments[0]), strict_length=strict)
    out = _named(header.message_id) | {"header": header.show()}
    try:
        return out | {"body": _body(header.message_id, body)}
    except FieldError as fault:
        reason = {"code": fault.code, "field": fault.field, "offset": fault.offset, "message": fault.message}
        return out | {"body": {"hex": body.hex().upper(), "malformed": reason}}


def _body(message_id: int, body: bytes) -> dict[str, Any]:
    form = MESSAGES.forms.get(message_id)
    if form is None:
        return {"hex": body.hex().upper(), "unknown": UnknownMessage.code}
    reader = Reader(body)
    shown = form.layout.show(form.layout.read(reader))
    return shown | ({"_trailing": reader.rest().hex().upper()} if reader.remaining else {})


def _stream(data: bytes) -> dict[str, Any]:
    """Frames in a stream with their flags, as they lay there, and what is left unfinished."""
    splitter = FrameSplitter(MAX_ESCAPED)
    segments = splitter.feed(data)
    return {
        "frames": [(FLAG + one + FLAG).hex().upper() for one in segments if isinstance(one, bytes)],
        "dropped": sum(isinstance(one, FrameTooLong) for one in segments),
        "skipped": splitter.skipped,
        "remaining": splitter.remaining.hex().upper(),
    }
