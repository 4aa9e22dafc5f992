"""What is pasted is cut into frames, however it was copied."""

from datacenter.diagnosis.pasted import MOST_FRAMES, explained
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import Heartbeat
from tests.protocols.strategies import sealed

FRAME = sealed(Heartbeat(), Edition.V2013)


def raws(text: str) -> list[tuple[int, bytes]]:
    return [(one.line, one.explanation.raw) for one in explained(text) if one.explanation]


def test_each_line_is_a_frame() -> None:
    assert raws(f"{FRAME.hex()}\n\n  {FRAME.hex(' ')}\n") == [(1, FRAME[1:-1]), (3, FRAME[1:-1])]


def test_a_frame_may_go_over_several_lines() -> None:
    text = f"{FRAME[:5].hex(' ')}\n{FRAME[5:9].hex(' ')}\n{FRAME[9:].hex(' ')}\n{FRAME.hex()}"
    assert raws(text) == [(1, FRAME[1:-1]), (4, FRAME[1:-1])]


def test_a_line_may_hold_several_frames() -> None:
    assert raws((FRAME + FRAME).hex()) == [(1, FRAME[1:-1])] * 2
    platform = bytes.fromhex("5b00015d")
    assert len(explained((platform * 2).hex(), "jt809")) == 2


def test_a_broken_frame_is_not_joined_with_the_next() -> None:
    assert raws(f"{FRAME[:8].hex()}\n{FRAME.hex()}") == [(1, FRAME[1:8]), (2, FRAME[1:-1])]
    assert raws(f"{FRAME[:8].hex()}\nzz\n{FRAME.hex()}") == [(1, FRAME[1:8]), (3, FRAME[1:-1])]


def test_a_bad_line_says_which_and_why_and_the_others_stand() -> None:
    told = explained(f'{FRAME.hex()}\nhello\n{{"hex": 5}}\n{FRAME.hex()}')
    assert [one.refusal.partition("：")[0] for one in told] == ["", "第 2 行", "第 3 行", ""]


def test_what_is_pasted_is_bounded() -> None:
    assert len(explained("\n".join([FRAME.hex()] * (MOST_FRAMES + 9)))) == MOST_FRAMES
    assert explained(" \n ") == []
