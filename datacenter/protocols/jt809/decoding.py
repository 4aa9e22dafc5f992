"""A JT/T 809 frame, body, sub-body or stream as the wire's own names (报文解析)."""

from collections.abc import Mapping
from typing import Any, Protocol

from datacenter.protocols.errors import EncryptedBody, FieldError, ProtocolError, UnknownMessage
from datacenter.protocols.jt808.decoding import BadFraming, message_id_of
from datacenter.protocols.layout import Catalogue
from datacenter.protocols.wire import Reader

from .frame import BEGIN, END, FrameSplitter, is_bare, raw_of, unescape
from .header import Edition, Key, clear_body, open_frame
from .kinds import leading
from .messages import MESSAGES, SUB_MESSAGES


class Asked(Protocol):
    """What is asked: bytes, and what is known of them."""

    @property
    def data(self) -> bytes: ...

    @property
    def facts(self) -> dict[str, Any]: ...

    def text(self, name: str, default: str = "") -> str: ...


def decode(asked: Asked) -> dict[str, Any]:
    """The answer for ``asked``. Raises ``ProtocolError`` where there is nothing to answer.

    ``edition`` is that of the peer (2011, 2019), guessed where it is left out; ``decrypt`` holds the constants M1, IA1
    and IC1 for an encrypted body.
    """
    match asked.text("framing", "frame"):
        case "frame":
            return _frame(asked)
        case "body":
            message_id = message_id_of(asked.text("message"))
            return _named(MESSAGES, message_id, "message") | {"body": _alone(MESSAGES, message_id, asked)}
        case "sub-body":
            sub_type = message_id_of(asked.text("sub_message") or asked.text("message"))
            return _named(SUB_MESSAGES, sub_type, "sub_message") | {"body": _alone(SUB_MESSAGES, sub_type, asked)}
        case "stream":
            return _stream(asked.data)
        case "escape":
            return {"unescaped": unescape(asked.data.removeprefix(BEGIN).removesuffix(END)).hex().upper()}
        case other:
            raise BadFraming(f"未知的 framing {other!r}")


def edition_asked(asked: Asked) -> Edition | None:
    """The edition that the asker names, as a number or as text; None where nobody does."""
    named = asked.facts.get("edition") or asked.facts.get("header_edition")
    if named is None:
        return None
    try:
        return Edition(str(named))
    except ValueError:
        raise BadFraming(f"未知的版本 {str(named)[:20]!r}，应为 2011 或 2019") from None


def key_asked(asked: Asked) -> Key | None:
    """The encryption constants that the asker gives."""
    given = asked.facts.get("decrypt")
    if given is None:
        return None
    values = [given.get(name) for name in ("M1", "IA1", "IC1")] if isinstance(given, Mapping) else [None]
    if not all(isinstance(value, int) and 0 <= value < 1 << 32 for value in values):
        raise BadFraming("decrypt 应有 M1、IA1、IC1 三个 32 位无符号整数")
    return Key(*values)


def _named(catalogue: Catalogue, number: int, name: str) -> dict[str, Any]:
    form = catalogue.forms.get(number)
    return {name: f"0x{number:04X}"} | ({"title": form.title} if form else {})


def _frame(asked: Asked) -> dict[str, Any]:
    """One frame. Where frame and header are sound but the body isn't, the body is given as it came, and says why."""
    data = asked.data
    inner = data[1:-1]
    several = (BEGIN in inner or END in inner) and not is_bare(inner)
    if not (data.startswith(BEGIN) and data.endswith(END) and len(data) > 1) or several:
        raise BadFraming("应为首 5B、尾 5D 的一帧")
    strict = asked.text("length") != "mismatch"  # the asker knows that the length field is wrong
    header, body = open_frame(raw_of(inner), edition_asked(asked), strict_length=strict)
    out = _named(MESSAGES, header.message_id, "message") | {"edition": int(header.edition), "header": header.show()}
    try:
        body = clear_body(header, body, key_asked(asked))
    except EncryptedBody as fault:
        return out | {"body": {"hex": body.hex().upper(), "encrypted": fault.code}}
    try:
        shown = _body(MESSAGES, header.message_id, body, header.edition)
    except FieldError as fault:
        reason = {"code": fault.code, "field": fault.field, "offset": fault.offset, "message": fault.message}
        return out | {"body": {"hex": body.hex().upper(), "malformed": reason}}
    sub_type = shown.get("sub_type")
    if isinstance(sub_type, str):
        form = SUB_MESSAGES.forms.get(int(sub_type, 16))
        out |= {"sub_message": sub_type} | ({"sub_title": form.title} if form else {})
    return out | {"body": shown}


def _alone(catalogue: Catalogue, number: int, asked: Asked) -> dict[str, Any]:
    """A body by itself. Where nobody names the edition, one that reads all of it goes before one that doesn't."""
    named = edition_asked(asked)
    if named is not None:
        return _body(catalogue, number, asked.data, named)
    answers: list[dict[str, Any]] = []
    refusals: list[ProtocolError] = []
    for edition in Edition:
        try:
            answers.append(_body(catalogue, number, asked.data, edition))
        except ProtocolError as fault:
            refusals.append(fault)
    whole = [answer for answer in answers if "_trailing" not in answer]
    if not answers:
        raise refusals[0]
    return (whole or answers)[0]


def _body(catalogue: Catalogue, number: int, body: bytes, edition: str) -> dict[str, Any]:
    form: Any = catalogue.forms.get(number)
    if form is None:
        return {"hex": body.hex().upper(), "unknown": UnknownMessage.code}
    if catalogue is SUB_MESSAGES and leading(form, edition) and not body:
        return {}  # its fields lie in front of the length, and so outside
    reader = Reader(body, edition)
    shown = form.layout.show(form.layout.read(reader), edition)
    return shown | ({"_trailing": reader.rest().hex().upper()} if reader.remaining else {})


def _stream(data: bytes) -> dict[str, Any]:
    """Frames in a stream with their flags, as they lay there, and what is left unfinished."""
    splitter = FrameSplitter()
    segments = splitter.feed(data)
    return {
        "frames": [(BEGIN + one + END).hex().upper() for one in segments if isinstance(one, bytes)],
        "dropped": sum(isinstance(one, ProtocolError) for one in segments),
        "skipped": splitter.skipped,
        "remaining": splitter.remaining.hex().upper(),
    }
