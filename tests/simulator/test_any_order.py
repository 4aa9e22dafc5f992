"""Whatever comes as an order, a terminal survives it: real messages of the tables, and any bytes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.header import Edition, Header
from datacenter.protocols.jt905.header import Header as TaxiHeader
from datacenter.simulator import photos
from datacenter.simulator.answering import ANSWERS, TAXI_ANSWERS
from datacenter.simulator.fleet import demo_fleet
from datacenter.simulator.single import SimulatedTerminal
from datacenter.simulator.speech import Speech808, Speech905
from tests.protocols import active_safety_strategies, jt905_strategies  # noqa: F401  # they enter their builders
from tests.protocols.strategies import instances

VEHICLES = {edition: next(one for one in demo_fleet() if one.edition == edition) for edition in ("2013", "2019", "905")}


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch):
    """Drawing is tested elsewhere."""
    monkeypatch.setattr(photos, "photo", lambda scene: b"\xff\xd8" + bytes(5000))


class Wire:
    """A transport that takes everything."""

    def __init__(self):
        self.sent = b""

    def write(self, data):
        self.sent += data

    def abort(self):
        pass

    def set_write_buffer_limits(self, high):
        pass


def online(edition: str) -> SimulatedTerminal:
    terminal = SimulatedTerminal(VEHICLES[edition])
    terminal.line.connection_made(Wire())
    terminal.line._come_online(0.0)
    return terminal


def take(terminal: SimulatedTerminal, edition: str, message_id: int, body: bytes) -> None:
    head = (
        TaxiHeader(message_id, len(body), VEHICLES[edition].phone, 1)
        if edition == "905"
        else Header(message_id, len(body), VEHICLES[edition].phone, 1, Edition(edition))
    )
    terminal.desk.take(head, body, 0.0)
    for moment in (1.0, 2.0, 30.0):
        terminal.line.look_after(moment, 60.0)


CASES = [
    *((edition, number) for edition in ("2013", "2019") for number in sorted(ANSWERS) if number != 0x9208),
    *(("905", number) for number in sorted(TAXI_ANSWERS)),
]


@pytest.mark.parametrize(("edition", "message_id"), CASES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_terminal_survives_every_order(edition, message_id, data):
    catalogue = (Speech905 if edition == "905" else Speech808).catalogue
    form = catalogue.forms[message_id]
    try:
        body = data.draw(instances(form, "" if edition == "905" else edition)).encode(
            "" if edition == "905" else edition
        )
    except ProtocolError:
        body = b""
    terminal = online(edition)
    take(terminal, edition, message_id, body)
    if message_id not in (0x8800, 0x8003, 0x9105):
        assert terminal.line.transport.sent, "an order is answered"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(CASES), st.binary(max_size=80))
def test_a_terminal_survives_any_bytes(case, body):
    take(online(case[0]), *case, body)
