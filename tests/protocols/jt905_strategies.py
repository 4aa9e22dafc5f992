"""Hypothesis strategies for JT/T 905: its own kinds of fields, location frames, and frames gone wrong."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt905.header import Header
from datacenter.protocols.jt905.kinds import (
    BcdClock,
    BcdDecimal,
    BcdDuration,
    BcdDutyTime,
    BcdMinute,
    BcdNumber,
    Bearing,
    ByteSerial,
    DisputedSerial,
    DutyTime,
    Terminated,
)
from datacenter.protocols.jt905.messages import (
    BASE_LOCATION,
    MESSAGES,
    BadMeter,
    BadPosition,
    LocationAnswer,
    LocationReport,
    LocationResent,
    Meter,
    Position,
    TrackingReport,
)
from datacenter.protocols.jt905.messages.location import Positions
from datacenter.protocols.jt905.messages.operation import METER_BYTES, MeterRecord
from datacenter.protocols.wire import Reader

from .strategies import instances, messages_of, moments, rechecked, strategy, texts, u8, u16

Known = dict[str, Any]
Values = st.SearchStrategy[Any]
minutes = moments.map(lambda moment: moment.replace(second=0))


@strategy(Bearing)
def _bearings(kind: Bearing, known: Known, edition: str) -> Values:
    return u8.map(lambda raw: 2 * raw)


@strategy(Terminated)
def _terminated(kind: Terminated, known: Known, edition: str) -> Values:
    return texts(kind.limit).filter(lambda text: "\0" not in text)


@strategy(BcdNumber)
def _numbers(kind: BcdNumber, known: Known, edition: str) -> Values:
    return st.integers(0, 10 ** (2 * (kind.size or 0)) - 1)


@strategy(BcdDecimal)
def _decimals(kind: BcdDecimal, known: Known, edition: str) -> Values:
    return _numbers(kind.number, known, edition).map(lambda count: Decimal(count).scaleb(-kind.places))


@strategy(BcdClock)
def _clocks(kind: BcdClock, known: Known, edition: str) -> Values:
    return st.builds(time, st.integers(0, 23), st.integers(0, 59))


@strategy(BcdDuration)
def _durations(kind: BcdDuration, known: Known, edition: str) -> Values:
    step_s = 1 if kind.size == 3 else 60
    return st.integers(0, 360_000 // step_s - 1).map(lambda steps: timedelta(seconds=steps * step_s))


@strategy(BcdMinute)
def _minutes(kind: BcdMinute, known: Known, edition: str) -> Values:
    return minutes


@strategy(BcdDutyTime)
def _duty_times(kind: BcdDutyTime, known: Known, edition: str) -> Values:
    spelled = minutes.filter(lambda moment: moment.year > 2012).map(DutyTime)
    return st.one_of(st.none(), spelled, moments.map(lambda moment: DutyTime(moment, True)))


@strategy(DisputedSerial)
def _serials(kind: DisputedSerial, known: Known, edition: str) -> Values:
    return st.one_of(u16, u8.map(ByteSerial))


def _bad_positions(size: int) -> Values:
    def made(raw: bytes) -> BadPosition | None:
        try:
            Positions.layout.decode(raw)
        except FieldError as fault:
            return BadPosition(raw, fault)
        return None

    return st.binary(min_size=size, max_size=size).map(made).filter(lambda one: one is not None)


@strategy(Positions)
def _positions(kind: Positions, known: Known, edition: str) -> Values:
    good = instances(Position)
    whole = st.lists(st.one_of(good, good, _bad_positions(BASE_LOCATION)), max_size=5)
    tails = st.one_of(st.just(()), st.integers(1, BASE_LOCATION - 1).flatmap(_bad_positions).map(lambda one: (one,)))
    return st.builds(lambda items, tail: (*items, *tail), whole, tails)


@strategy(MeterRecord)
def _meters(kind: MeterRecord, known: Known, edition: str) -> Values:
    short = st.binary(max_size=METER_BYTES - 1).map(BadMeter)
    read = st.binary(min_size=METER_BYTES, max_size=METER_BYTES + 4).map(lambda raw: kind.read(Reader(raw)))
    return st.one_of(instances(Meter), short, read.filter(lambda value: isinstance(value, BadMeter)))


messages = messages_of(MESSAGES)
LOCATION_FORMS = [LocationReport, LocationReport, LocationAnswer, TrackingReport, LocationResent]
isus = st.text("0123456789", min_size=10, max_size=10).map(lambda digits: "10" + digits)


@st.composite
def location_frames(draw: st.DrawFn) -> bytes:
    """A raw frame of a position, check byte included, as a healthy terminal sends it."""
    message = draw(st.sampled_from(LOCATION_FORMS).flatmap(instances))
    body = message.encode()
    return rechecked(Header(message.message_id, len(body), draw(isus), draw(u16)).pack() + body + b"\0")


@st.composite
def damaged_frames(draw: st.DrawFn) -> bytes:
    """A location frame after an accident; length and check byte mostly mended, so that deeper rules are reached."""
    raw = bytearray(draw(location_frames()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(raw) - 1)))
        match draw(st.integers(0, 3)):
            case 0 if raw:
                raw[place] = draw(u8)
            case 1:
                del raw[place:]
            case 2:
                raw[place:place] = draw(st.binary(max_size=4))
            case 3 if len(raw) > 38:
                raw[draw(st.integers(12, 36))] = draw(st.sampled_from([0, 0x13, 0x32, 0x99, 0xFF, 0x1A]))
    if len(raw) > 12 and draw(st.booleans()):
        raw[2:4] = (len(raw) - 13).to_bytes(2, "big")
    return rechecked(bytes(raw)) if raw and draw(st.integers(0, 3)) else bytes(raw)
