"""One line of hexadecimal or JSON in, its fields out (报文解读): what ``manage.py decode --explain`` and the page show.

``EXPLAINERS`` has one row a protocol, as ``decoding.DECODERS`` has. ``as_text`` is what the command prints.
"""

from collections.abc import Callable, Iterator
from unicodedata import east_asian_width

from datacenter.protocols.active_safety.decoding import EVERYTHING as WITH_SAFETY
from datacenter.protocols.active_safety.dialect import ACTIVE_SAFETY
from datacenter.protocols.active_safety.explaining import explain as explain_safety
from datacenter.protocols.decoding import BadRequest, Request, read_request
from datacenter.protocols.explain import Explanation, Row
from datacenter.protocols.jt808.decoding import EDITIONS, message_id_of
from datacenter.protocols.jt808.dialect import Dialect, speaking
from datacenter.protocols.jt808.explaining import explain as explain_jt808
from datacenter.protocols.jt808.explaining import name_message, read_body
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt809.explaining import explain as explain_jt809
from datacenter.protocols.jt809.messages import MESSAGES as JT809
from datacenter.protocols.jt809.messages import SUB_MESSAGES
from datacenter.protocols.jt905.explaining import explain as explain_jt905
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.jt1078.decoding import SPOKEN
from datacenter.protocols.jt1078.explaining import explain as explain_jt1078
from datacenter.protocols.jt1078.parameters import VIDEO
from datacenter.protocols.layout import Catalogue

Explainer = Callable[[bytes, str, str], Explanation]
MOST_RAW = 12
"""Bytes of a field that the command prints."""
OFFSETS_FROM = "偏移自帧标识后的第一个字节起算，已还原转义"


EXPLAINERS: dict[str, Explainer] = {
    "jt808": explain_jt808,
    "jt808-2011": explain_jt808,
    "jt808-2013": explain_jt808,
    "jt808-2019": explain_jt808,
    "jt808-su": explain_safety,
    "jt1078": explain_jt1078,
    "jt809": explain_jt809,
    "jt905": explain_jt905,
}
BODIES: dict[str, tuple[Catalogue, tuple[Dialect, ...]]] = {
    "jt808": (JT808, ()),
    "jt808-su": (WITH_SAFETY, (ACTIVE_SAFETY,)),
    "jt1078": (SPOKEN, (VIDEO,)),
    "jt905": (JT905, ()),
    "jt809": (JT809, ()),
    "jt809 sub-body": (SUB_MESSAGES, ()),
}
"""Tables of bare bodies, by the protocol or what stands before its edition."""


def explain_line(line: str, protocol: str = "") -> Explanation:
    """The fields of the frame on one line. Raises ``BadRequest`` where the line holds none."""
    request = read_request(line, protocol)
    if request.text("framing", "frame") in ("body", "sub-body"):
        return _body(request)
    explainer = EXPLAINERS.get(request.protocol)
    if explainer is None:
        raise BadRequest(f"尚不支持协议 {request.protocol!r}", field="protocol", value=request.protocol)
    if not request.data:
        raise BadRequest("没有报文", field="hex")
    return explainer(request.data, request.protocol, request.text("header_edition"))


def _body(request: Request) -> Explanation:
    """A body by itself, of the message that the line names."""
    framing = request.text("framing")
    family = request.protocol if request.protocol in BODIES else request.protocol.partition("-20")[0]
    tables = BODIES.get(f"{family} {framing}" if framing != "body" else family)
    if tables is None:
        raise BadRequest(f"{request.protocol!r} 没有这种 framing", field="framing", value=framing)
    catalogue, dialects = tables
    named = request.text("header_edition") or str(request.facts.get("edition") or "")
    out = Explanation(request.protocol, request.data, named or EDITIONS.get(request.protocol, "2013"))
    message_id = message_id_of(request.text("sub_message") or request.text("message"))
    name_message(out, catalogue, message_id)
    with speaking(*dialects):
        read_body(out, message_id, 0, len(out.raw), catalogue, out.edition)
    return out


def as_text(told: Explanation) -> str:
    """A table for people: a line a field, inner ones indented; then what was wrong."""
    return "\n".join(_lines(told))


def _lines(told: Explanation) -> Iterator[str]:
    yield f"{told.protocol} {told.edition} {told.message} {told.title}".rstrip()
    escapes = f"{len(told.escapes)} 处转义：{', '.join(map(str, told.escapes[:40]))}" if told.escapes else "无转义"
    yield f"{len(told.raw)} 字节，{escapes}；{OFFSETS_FROM}"
    cells = [_cells(row) for row in told.rows]
    head = ("偏移", "长度", "字节", "名称", "字段", "值", "类型", "依据")
    widths = [min(MOST_WIDTH, max(_width(line[at]) for line in [head, *cells])) for at in range(len(head))]
    for line in (head, *cells):
        yield "  ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
    for fault in told.faults:
        place = "" if fault.offset is None else f"偏移 {fault.offset} "
        named = f"字段 {fault.field} " if fault.field else ""
        yield f"! {fault.code}：{place}{named}{fault.message}"
    yield from (f"* {note}" for note in told.notes)


MOST_WIDTH = 74


def _cells(row: Row) -> tuple[str, ...]:
    raw = row.raw[:MOST_RAW].hex(" ").upper() + (" …" if len(row.raw) > MOST_RAW else "")
    indent = "  " * row.depth
    wire = f"（{row.wire}）" if row.wire else ""
    value = " ".join(filter(None, (f"{row.value}{wire}", row.unit, "；".join(row.means))))
    if row.fault is not None:
        value = f"{value} ✗ {row.fault.message}".strip()
    return (str(row.offset), str(len(row.raw)), raw, indent + row.title, row.name, value, row.type, row.clause)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))
