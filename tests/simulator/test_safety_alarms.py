"""Active-safety alarms with their attachments, and what else happens by itself in a demo city."""

import asyncio
import contextlib
from collections import Counter
from datetime import timedelta

import pytest

from datacenter.protocols.active_safety.codes import ADAS, DSM
from datacenter.protocols.active_safety.connection import AttachmentConnection, FileData, FileFinished, Listed
from datacenter.protocols.active_safety.dialect import ACTIVE_SAFETY
from datacenter.protocols.active_safety.items import DsmAlarm
from datacenter.protocols.active_safety.messages import UploadOrder
from datacenter.protocols.active_safety.record import read_record
from datacenter.protocols.jt808 import messages as m
from datacenter.protocols.jt808.extras import typed
from datacenter.simulator import attachments, happenings, photos
from datacenter.simulator.answering import safety
from datacenter.simulator.answering.data import driver_card
from datacenter.simulator.fleet import demo_fleet
from datacenter.simulator.people import driver_numbers, person
from datacenter.simulator.single import SimulatedTerminal, a_vehicle, running
from datacenter.simulator.spot import Spot

from .centre import Centre

NOON = Spot(1_790_956_800, 0, 0).time
TRUCK = next(one for one in demo_fleet() if one.kind == "hazmat" and one.edition == "2019")


class FileServer(asyncio.Protocol):
    """Takes attachments by the platform's own connection; keeps what came, over broken lines too."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.lists: list[int] = []
        self.asked_again = 0
        self.whole: set[str] = set()
        self.had: dict[str, list[tuple[int, int]]] = {}

    async def __aenter__(self):
        self._server = await asyncio.get_running_loop().create_server(lambda: self, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    def connection_made(self, transport):
        self.transport, self.connection = transport, AttachmentConnection()

    def data_received(self, data):
        events = self.connection.receive(data)
        while events:
            event = events.pop(0)
            if isinstance(event, Listed):
                self.lists.append(event.message.info_type)
                for one in event.message.files:
                    self.files.setdefault(one.name, bytearray(one.size_bytes))
                events += self.connection.accept(self.had)
            elif isinstance(event, FileData):
                end = event.offset + len(event.data)
                self.files[event.file.name][event.offset : end] = event.data
                self.had.setdefault(event.file.name, []).append((event.offset, end))
            elif isinstance(event, FileFinished):
                self.asked_again += bool(event.missing)
                if not event.missing:
                    self.whole.add(event.file.name)
                    self.connection.confirm(event.file)
        self.transport.write(self.connection.sent())


@pytest.mark.parametrize(
    ("luck", "lists", "asks"), [(None, 1, 0), (12, 1, 1), (41, 2, 0)], ids=["a good line", "a lost packet", "a break"]
)
async def test_an_alarms_files_arrive_whole(luck, lists, asks):
    async with Centre() as centre, FileServer() as server, SimulatedTerminal(TRUCK, port=centre.port) as terminal:
        await terminal.report(speed_kmh=62)
        alarm = safety.raise_safety_alarm(terminal.desk, DSM, 1, files=3)
        await terminal.settled()
        told = typed(centre.positions[-1].extras, ACTIVE_SAFETY.extras)[DSM]
        assert isinstance(told, DsmAlarm)
        assert (told.event_type, told.fatigue, told.scene.speed_kmh, told.tag.attachments) == (1, 6, 62, 3)
        if luck is None:
            order = UploadOrder("127.0.0.1", server.port, 0, told.tag, "A" * 32)
            answer, _ = await centre.ask(order, m.TerminalReply)
            assert answer.result == 0
        else:
            files = safety.files_of(terminal.desk, alarm, "A" * 32)
            facts = {"tag": told.tag, "alarm_no": "A" * 32, "files": files, "luck": luck}
            attachments.bring(terminal.desk, "127.0.0.1", server.port, **facts)
        await terminal._until(lambda: len(server.whole) == 3, 8.0)
        expected = {one.name: one.data for one in safety.files_of(terminal.desk, alarm, "A" * 32)}
        assert {name: bytes(data) for name, data in server.files.items()} == expected
        assert server.lists == [0, 1][:lists]
        assert (server.asked_again > 0) == bool(asks)
        record = next(data for name, data in expected.items() if name.endswith(".bin"))
        assert {block.speed_kmh for block in read_record(record)} == {62.0}


async def test_files_of_an_alarm_it_never_raised_are_refused():
    async with Centre() as centre, SimulatedTerminal(TRUCK, port=centre.port) as terminal:
        safety.raise_safety_alarm(terminal.desk, ADAS, 1)
        await terminal.settled()
        tag = typed(centre.positions[-1].extras, ACTIVE_SAFETY.extras)[ADAS].tag
        other = type(tag).of(tag.terminal_id, tag.alarm_time - timedelta(days=1), 0, 2)
        answer, _ = await centre.ask(UploadOrder("127.0.0.1", 9, 0, other, "B" * 32), m.TerminalReply)
        assert answer.result == 1


async def test_a_departing_tanker_tells_driver_and_waybill():
    async with Centre() as centre, SimulatedTerminal(TRUCK, port=centre.port) as terminal:
        happenings.depart(terminal.desk)
        card = await centre.next(m.DriverIdentity)
        bill = await centre.next(m.WaybillReport)
        await terminal.settled()
    drivers = {person(number).identity_no: person(number).name for number in driver_numbers(TRUCK)}
    assert drivers[card.identity_number] == card.name
    assert TRUCK.plate in bill.text()
    assert "UN" in bill.text()


async def test_a_pressed_button_sends_a_picture_too():
    async with Centre() as centre, SimulatedTerminal(TRUCK, port=centre.port) as terminal:
        happenings.press_emergency(terminal.desk)
        picture = await centre.next(m.MediaData)
        await terminal.settled()
    assert any(one.alarms & 1 for one in centre.positions)
    assert picture.event == 2


class Watched:
    """Stands for a run's terminals, none of which is ever online: what they would say is counted."""

    def __init__(self, vehicle, said):
        self.vehicle, self.said = vehicle, said

    @property
    def desk(self):
        self.said[self.vehicle.kind] += 1
        raise _Enough


class _Enough(Exception):
    pass


def test_happenings_are_rare_and_the_same_in_every_run():
    """A driving vehicle has an alarm in fifty hours; the whole fleet presses the button a few times a day."""
    trucks = [one for one in demo_fleet() if one.kind in happenings.SAFETY_KINDS][:500]
    counts = []
    for _ in range(2):
        said: Counter[str] = Counter()
        watch = happenings.Happenings([Watched(one, said) for one in trucks])
        for second in range(0, 3600, 10):
            for row, one in enumerate(trucks):
                spot = Spot(1_790_956_800 + second, 41_100_000, 122_000_000, 600, status=3)
                with contextlib.suppress(_Enough):
                    watch._look_at(row, Watched(one, said), spot)
        counts.append(said.total())
    assert counts[0] == counts[1]
    assert 3 <= counts[0] <= 22, "500 hours of driving, an alarm in 50"


def test_cameras_are_covered_or_blurred_always_the_same_ones():
    scenes = [photos.Scene(index, "辽LT0000", 1, NOON) for index in range(1000)]
    covered, blurred = sum(one.covered for one in scenes), sum(one.blurred for one in scenes)
    assert 40 < covered < 80
    assert 40 < blurred < 80
    assert not any(one.covered and one.blurred for one in scenes)
    assert photos.photo(scenes[3]) == photos.photo(scenes[3])


def test_a_synchronous_test_can_hold_a_terminal_too():
    async def serve(centre, ready, done):
        async with centre:
            ready.set()
            await done.wait()

    async def both():
        centre, ready, done = Centre(), asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(serve(centre, ready, done))
        await ready.wait()
        terminal = SimulatedTerminal(a_vehicle(phone="12100000001"), port=centre.port)

        def errand():
            with running(terminal):
                return terminal.call(terminal.report(speed_kmh=40))

        await asyncio.to_thread(errand)
        done.set()
        await task
        return centre

    centre = asyncio.run(both())
    assert centre.positions[0].speed_kmh == 40.0


def test_the_card_of_a_terminal_of_2013_has_no_identity_number():
    coach = next(one for one in demo_fleet() if one.kind == "coach" and one.edition == "2013")
    desk = SimulatedTerminal(coach).desk
    desk.now = 0.0
    assert driver_card(desk).id_card is None
    assert driver_card(desk).license
