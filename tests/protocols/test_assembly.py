"""Sub-packaged messages: any order, again and again, in bounded memory."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import AssemblyRefused, BadPacketNumber
from datacenter.protocols.jt808.assembly import PACKET_COST, Assembler
from datacenter.protocols.jt808.header import Edition, Header

from .strategies import modest


def packet(number: int, packets: int, first: int = 100, message_id: int = 0x0704, phone: str = "1") -> Header:
    serial = (first + number - 1) & 0xFFFF
    return Header(message_id, 0, phone, serial, Edition.V2013, subpackaged=True, packets=packets, packet_no=number)


@modest
@given(st.integers(1, 12), st.integers(0, 65535), st.randoms(use_true_random=False), st.binary(min_size=1, max_size=5))
def test_packets_in_any_order_and_twice_give_the_message_once(
    packets: int, first: int, rng: random.Random, seed: bytes
) -> None:
    parts = {number: seed * number for number in range(1, packets + 1)}
    order = list(parts)
    rng.shuffle(order)
    assembler = Assembler()
    done = []
    for number in order:
        for _ in range(1 if number == order[-1] else rng.randint(1, 2)):
            whole = assembler.add(packet(number, packets, first), parts[number], 0.0)
            done += [whole] if whole else []
    assert len(done) == 1
    assert done[0].body == b"".join(parts[number] for number in sorted(parts))
    assert done[0].header.packet_no == 1
    assert done[0].serials == tuple((first + number - 1) & 0xFFFF for number in sorted(parts))
    assert (len(assembler), assembler.held_bytes) == (0, 0)


def test_missing_packets_are_listed_once_it_is_quiet() -> None:
    assembler = Assembler()
    for number in (1, 4):
        assembler.add(packet(number, 5), b"x", 10.0)
    assert assembler.stalled(12.0, 5.0) == []
    assert assembler.stalled(15.0, 5.0) == [(("1", 0x0704, 100), [2, 3, 5])]


def test_messages_that_never_finish_are_given_up() -> None:
    assembler = Assembler(lifetime_s=60)
    assembler.add(packet(1, 2), b"x", 0.0)
    assembler.add(packet(1, 2, first=500), b"x", 59.0)
    assert [one.missing() for one in assembler.expire(61.0)] == [[2]]
    assert (len(assembler), assembler.given_up) == (1, 1)


@pytest.mark.parametrize(("number", "packets"), [(0, 2), (3, 2), (0, 0), (1, 0)])
def test_packets_that_cannot_be_are_refused(number: int, packets: int) -> None:
    with pytest.raises(BadPacketNumber):
        Assembler().add(packet(number, packets), b"", 0.0)


def test_siblings_must_agree_on_their_number() -> None:
    assembler = Assembler()
    assembler.add(packet(1, 3), b"", 0.0)
    with pytest.raises(BadPacketNumber):
        assembler.add(packet(2, 4), b"", 0.0)


def test_the_oldest_gives_way_beyond_the_bounds() -> None:
    assembler = Assembler(limit_messages=3, limit_bytes=10_000)
    for first in range(0, 1000, 10):
        assembler.add(packet(1, 2, first), bytes(1000), 0.0)
    assert len(assembler) == 3
    assert assembler.held_bytes <= 10_000
    assert assembler.given_up == 97


def test_one_message_beyond_the_bound_is_refused_even_with_empty_packets() -> None:
    assembler = Assembler(limit_bytes=100 * PACKET_COST)
    for number in range(1, 101):
        assembler.add(packet(number, 60000), b"", 0.0)
    late = packet(101, 60000)
    with pytest.raises(AssemblyRefused):
        assembler.add(late, b"", 0.0)
    assert (len(assembler), assembler.held_bytes) == (0, 0)
