"""One bound for what many connections hold of messages in the making: who gives way, and that nothing is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.budget import BEGUN_COST, Budget
from datacenter.protocols.jt808.assembly import ASSEMBLY_BYTES, PACKET_COST, Assembler
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import BadFrame, Received
from datacenter.protocols.jt808.frame import seal
from datacenter.protocols.jt808.header import MAX_BODY, Edition, Header
from datacenter.protocols.jt905.assembly import MediaAssembler
from datacenter.protocols.jt905.messages import ImagePart

from .strategies import modest
from .test_assembly import packet

COST = BEGUN_COST + PACKET_COST + 100
"""Of a message begun with one packet of 100 bytes."""
PART = bytes(100)


def train(first: int, number: int, packets: int = 9, body: bytes = PART, phone: str = "013904270001") -> bytes:
    """Packet ``number`` of a 0x0704 whose first packet has serial ``first``."""
    serial = (first + number - 1) & 0xFFFF
    header = Header(
        0x0704, len(body), phone, serial, Edition.V2013, subpackaged=True, packets=packets, packet_no=number
    )
    return seal(header.pack() + body)


def test_the_message_quiet_longest_gives_way_whoever_has_it() -> None:
    budget = Budget(3 * COST)
    one, other = Assembler(budget=budget), Assembler(budget=budget)
    for assembler, first in ((one, 100), (other, 200), (one, 300), (other, 400)):
        assembler.add(packet(1, 9, first), PART, 0.0)
    assert (len(one), len(other), budget.given_up) == (1, 2, 1)
    assert one.add(packet(2, 9, 100), PART, 0.0) is None, "what was given up begins anew"


def test_a_message_that_goes_on_is_not_pushed_out_by_trains_that_are_only_begun() -> None:
    budget = Budget(8 * COST)
    steady, flood = Assembler(budget=budget), [Assembler(budget=budget) for _ in range(5)]
    whole = None
    for number in range(1, 11):
        whole = steady.add(packet(number, 10), PART, 0.0)
        for assembler in flood:
            assembler.add(packet(1, 9, 1000 * number), PART, 0.0)
        assert budget.held_bytes <= budget.limit_bytes
    assert whole is not None
    assert len(whole.body) == 1000


def test_one_message_alone_is_bounded_by_its_own_assembler() -> None:
    budget = Budget(10)
    assembler = Assembler(budget=budget)
    assert assembler.add(packet(1, 2), PART, 0.0) is None
    assert assembler.add(packet(2, 2), PART, 0.0) is not None
    assert (budget.held_bytes, len(budget)) == (0, 0)


@modest
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(1, 4), st.integers(0, 90)), max_size=60))
def test_budget_and_assemblers_always_agree(plan: list[tuple[int, int, int, int]]) -> None:
    budget = Budget(4 * COST)
    assemblers = [Assembler(2, 2000, 50.0, budget) for _ in range(3)]
    for now, (which, first, number, size) in enumerate(plan):
        assemblers[which].add(packet(number, 4, 100 * first), bytes(size), float(now))
        assert budget.held_bytes == sum(one.held_bytes + BEGUN_COST * len(one) for one in assemblers)
        assert budget.held_bytes <= budget.limit_bytes
    for one in assemblers:
        one.clear()
    assert (budget.held_bytes, len(budget)) == (0, 0)


def test_photos_of_taxis_share_the_budget() -> None:
    budget = Budget(3 * COST)
    messages, photos = Assembler(budget=budget), MediaAssembler(budget=budget)
    messages.add(packet(1, 9), PART, 0.0)
    for photo in range(5):
        photos.add(ImagePart(0, photo, 0, 5000, 0, PART), 0.0)
    assert len(messages) == 0
    assert budget.held_bytes <= budget.limit_bytes
    photos.clear()
    assert (budget.held_bytes, photos.held_bytes) == (0, 0)


def test_ten_thousand_trains_at_once_on_one_connection_hold_no_more_than_its_bound() -> None:
    budget = Budget()
    connection = Connection(authenticated=True, budget=budget)
    stream = b"".join(train(7 * number, 1, packets=0xFFFF, body=bytes(MAX_BODY)) for number in range(10_000))
    assert connection.receive(stream) == []
    assert connection._assembler is not None
    assert connection._assembler.held_bytes <= ASSEMBLY_BYTES
    assert len(connection._assembler) == connection._assembler.limit_messages
    assert not any(isinstance(event, BadFrame) for event in connection.receive(train(1, 1)))


def test_trains_on_a_thousand_connections_hold_no_more_than_the_budget() -> None:
    budget = Budget(1 << 20)
    connections = [Connection(authenticated=True, budget=budget) for _ in range(1000)]
    for number in range(10):
        for connection in connections:
            connection.receive(train(7 * number, 1))
    assert budget.held_bytes <= budget.limit_bytes
    assert len(budget) == sum(len(one._assembler) for one in connections if one._assembler is not None)
    assert budget.given_up == 10_000 - len(budget)
    (event,) = connections[0].receive(train(5000, 1, 2) + train(5000, 2, 2, bytes.fromhex("0000")))
    assert not isinstance(event, Received), "an assembled batch of positions"
    for connection in connections:
        connection.let_go()
    assert (budget.held_bytes, len(budget)) == (0, 0)


def test_what_is_missing_of_a_train_of_65535_is_named_only_as_far_as_it_is_asked_for() -> None:
    assembler = Assembler()
    assembler.add(packet(2, 0xFFFF), PART, 0.0)
    ((_, missing),) = assembler.stalled(20.0, 10.0, 3)
    assert missing == [1, 3, 4]
    connection = Connection(authenticated=True)
    connection.receive(train(1, 1, 0xFFFF))
    (asked,) = connection.resend_requests(20.0)
    assert asked.packets == tuple(range(2, 257))
