"""Every printed table of JT/T 809 against the codec's: names, types and order, in both editions."""

import json
from typing import Any

import pytest

from datacenter.protocols.decoding import answer
from datacenter.protocols.jt809.messages import MESSAGES, SUB_MESSAGES

from .jt809_document import DOCUMENT, Printed, body_of, family_of, frame_of, printed

TABLES = printed() if DOCUMENT.exists() else []
pytestmark = pytest.mark.skipif(
    not TABLES, reason=f"NO DOCUMENT: {DOCUMENT} is not on this machine, so the tables were NOT held against the paper"
)


def packed(table: Printed) -> tuple[int, bytes, dict[str, Any]]:
    """Message id, body, and what it says."""
    body, says = body_of(table)
    if not table.is_sub:
        return table.number, body, says
    body, front = family_of(table, body)
    return table.number & 0xFF00, body, front | says


def without_more(said: Any, expected: Any) -> Any:
    """What was said, of the names that are expected, all the way down."""
    if isinstance(expected, dict):
        return {name: without_more(said.get(name), value) for name, value in expected.items()}
    if isinstance(expected, list):
        return [without_more(one, value) for one, value in zip(said, expected, strict=True)]
    return said


def test_the_codec_has_every_message_of_the_paper_and_no_other() -> None:
    ours = {number for number in {*MESSAGES.forms, *SUB_MESSAGES.forms} if number & 0xFF}
    ours -= {number for number in ours if number & 0x0F00 >= 0x0700}  # video between platforms: another paper's
    assert ours == {table.number for table in TABLES}
    assert len(TABLES) == 135


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.number:04X}-{table.edition}")
def test_a_frame_packed_by_the_paper_says_what_was_packed_and_encodes_back(table: Printed) -> None:
    message_id, body, says = packed(table)
    frame, header = frame_of(message_id, body, table.edition)
    for named in ({"edition": int(table.edition)}, {}):  # told, and guessed by the header's time
        said = answer(json.dumps({"protocol": "jt809", "hex": frame.hex()} | named))
        assert said["ok"], said
        assert without_more(said["body"], says) == says
        assert without_more(said["header"], header) == header
        assert "_trailing" not in said["body"]
    form = MESSAGES.forms[message_id]
    assert form.decode(body, table.edition).encode(table.edition) == body


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.number:04X}-{table.edition}")
def test_fields_stand_in_the_papers_order(table: Printed) -> None:
    message_id, body, says = packed(table)
    layout = MESSAGES.forms[message_id].layout
    shown = layout.show(layout.decode(body, table.edition), table.edition)
    names = [name for name in shown if name in says]
    lengths = {"len", "count", "data_length"}  # shown beside what they count
    assert [name for name in names if name not in lengths] == [name for name in says if name not in lengths]
