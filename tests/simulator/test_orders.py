"""Terminals answer every order, by the tables, over real sockets."""

import asyncio
import hashlib
import io
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from PIL import Image

from datacenter.protocols.active_safety.messages import UploadOrder
from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.jt808 import messages as m
from datacenter.protocols.jt808.bits import Alarm, Status
from datacenter.protocols.jt808.extras import typed
from datacenter.protocols.jt1078 import messages as video
from datacenter.protocols.layout import Message
from datacenter.simulator.answering import ANSWERS
from datacenter.simulator.fleet import demo_fleet
from datacenter.simulator.people import driver_numbers, person
from datacenter.simulator.single import SimulatedTerminal
from datacenter.simulator.speech import Speech808

from .centre import Centre

PHONE = "013912345678"
HERE, THERE = (41.12, 122.07), (41.30, 122.40)
DAY = datetime(2026, 1, 1, tzinfo=UTC)
TAG = AlarmTag.of("D000001", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 0, 1)
WINDOW = {"start": None, "end": None}
CIRCLE = m.Circle(7, int(m.AreaBit.PLATFORM_ON_ENTRY | m.AreaBit.PLATFORM_ON_EXIT), *HERE, 500)


def vehicle(edition: str, kind: str = "coach"):
    return next(one for one in demo_fleet() if one.edition == edition and one.kind == kind)


@asynccontextmanager
async def line(edition: str = "2019", kind: str = "coach", **facts):
    async with Centre(**facts) as centre, SimulatedTerminal(vehicle(edition, kind), port=centre.port) as terminal:
        yield centre, terminal


# An order, and what answers it: a form, or the result of 0x0001. In 2013 where the third says so.
ORDERS: list[tuple[Message, type[Message] | int, str]] = [
    (m.SetParameters.of({0x0055: 80}), 0, ""),
    (m.ParametersQuery(), m.ParametersAnswer, ""),
    (m.ListedParametersQuery((0x0055, 0x0029)), m.ParametersAnswer, ""),
    (m.TerminalControl(4), 0, ""),
    (m.TerminalControl(0xF1), 3, ""),
    (m.TerminalControl.of(2, control=0, address="192.0.2.1"), 1, ""),
    (m.AttributesQuery(), m.Attributes, ""),
    (m.LocationQuery(), m.LocationAnswer, ""),
    (m.Tracking(0), 0, ""),
    (m.AlarmConfirmation(0, 1), 0, ""),
    (m.LinkCheck(), 0, ""),
    (m.TextMessage(4, 1, "前方施工"), 0, "2019"),
    (m.TextMessage(4, None, "前方施工"), 0, "2013"),
    (m.EventSetting(1, (m.EventItem(3, "堵车"),)), 0, "2013"),
    (m.EventSetting(1, (m.EventItem(3, "堵车"),)), 3, "2019"),
    (m.Question(0, "路况？", (m.Choice(1, "畅通"), m.Choice(2, "拥堵"))), 0, "2013"),
    (m.InformationMenu(1, (m.MenuItem(9, "天气"),)), 0, "2013"),
    (m.Information(9, "晴"), 0, "2013"),
    (m.CallBack(1, "04270000000"), 0, ""),
    (m.PhoneBook(1, (m.Contact(3, "04270000000", "中心"),)), 0, ""),
    (m.VehicleControl(controls=(m.Control(1, 0),)), m.VehicleControlAnswer, "2019"),
    (m.VehicleControl(control=1), m.VehicleControlAnswer, "2013"),
    (m.SetCircles(1, (CIRCLE,)), 0, ""),
    (m.DeleteCircles(()), 0, ""),
    (m.SetRectangles(0, (m.Rectangle(8, 0, 41.2, 122.0, 41.0, 122.2),)), 0, ""),
    (m.DeleteRectangles((8,)), 0, ""),
    (m.SetPolygon(9, 0, vertices=(m.Vertex(41.0, 122.0), m.Vertex(41.2, 122.0), m.Vertex(41.1, 122.2))), 0, ""),
    (m.DeletePolygons((9,)), 0, ""),
    (m.SetRoute(10, 0, points=(m.TurningPoint(1, 1, 41.0, 122.0, 20, 0),)), 0, ""),
    (m.DeleteRoutes((10,)), 0, ""),
    (m.AreasQuery(1), m.AreasAnswer, "2019"),
    (m.RecorderQuery(0x02), m.RecorderData, ""),
    (m.DriverQuery(), m.DriverIdentity, ""),
    (m.Shoot(1, 0, 0, 0, 2, 5, 128, 64, 64, 128), 0, ""),
    (m.Shoot(77, 1, 0, 0, 2, 5, 128, 64, 64, 128), m.ShootReply, ""),
    (m.Shoot(1, 0xFFFF, 5, 0, 2, 5, 128, 64, 64, 128), m.ShootReply, ""),
    (m.MediaSearch(0, 0, 1), m.MediaSearchAnswer, ""),
    (m.MediaUpload(0, 0, 6), 0, ""),
    (m.Record(0, 0, 0, 0), 0, ""),
    (m.MediaUploadOne(4711), 1, ""),
    (m.PassthroughDown(0x41, b"abc"), m.PassthroughUp, ""),
    (m.PlatformKey(65537, bytes(128)), m.TerminalKey, ""),
    (m.UpgradePackage(0, "", "demo-2.0", b"\x01" * 3000), 0, ""),
    (m.ResendRequest(4711, (1,)), 1, ""),
    (video.MediaAttributesQuery(), video.MediaAttributes, ""),
    (video.LiveRequest("127.0.0.1", 7612, 0, 1, 0), 0, ""),
    (video.LiveRequest("127.0.0.1", 7612, 0, 9, 0), 1, ""),
    (video.LiveControl(1, 0), 0, ""),
    (video.RecordingsQuery(0), video.RecordingList, ""),
    (video.PlaybackRequest("127.0.0.1", 7612, 0, 1, 0, 0, 0, 0, 0, DAY), video.RecordingList, ""),
    (video.PlaybackControl(1, 2), 0, ""),
    (video.FileUpload("127.0.0.1", 21, "u", "p", "/", 1, DAY, DAY), 1, ""),
    (video.FileUploadControl(1, 2), 0, ""),
    (video.Rotate(1, 1, 10), 0, ""),
    (video.Focus(1, 0), 0, ""),
    (video.Aperture(1, 0), 0, ""),
    (video.Wiper(1, 1), 0, ""),
    (video.Infrared(1, 1), 0, ""),
    (video.Zoom(1, 0), 0, ""),
    (UploadOrder("127.0.0.1", 7612, 0, TAG, "A1"), 1, ""),
]  # fmt: skip
UNANSWERED = {0x8800, 0x9105}


def test_every_order_of_the_catalogue_is_asked_here():
    asked = {order.message_id for order, _, _ in ORDERS} | {0x8304}
    of_platform = {number for number in Speech808.catalogue.forms if number & 0x8000}
    replies = {0x8001, 0x8004, 0x8100, 0x9212}
    assert of_platform - replies == set(ANSWERS)
    assert set(ANSWERS) - UNANSWERED == asked


@pytest.mark.parametrize("edition", ["2013", "2019"])
async def test_every_order_is_answered(edition):
    async with line(edition) as (centre, terminal):
        await terminal.report(latitude_deg=HERE[0], longitude_deg=HERE[1])
        for order, expected, only in ORDERS:
            if only and only != edition:
                continue
            hangs_up = isinstance(order, m.TerminalControl) and order.command == 4
            form = m.TerminalReply if isinstance(expected, int) else expected
            answer, serial = await centre.ask(order, form)
            name = type(order).__name__
            if isinstance(expected, int):
                assert (answer.ack_serial, answer.ack_id, answer.result) == (serial, order.message_id, expected), name
            elif hasattr(answer, "ack_serial"):
                assert answer.ack_serial == serial, name
            if hangs_up:
                await terminal._until(lambda: terminal.line.transport is None, 3.0)
                await terminal.come_back()
    assert not [kind for kind in terminal.errors if kind.startswith(("order_", "unreadable"))]


async def test_what_no_table_has_is_not_supported():
    async with line() as (centre, _):
        centre._transport.write(centre.connection.send_body(0x8F01, b"\x01\x02"))
        answer = await centre.next(m.TerminalReply)
    assert (answer.ack_id, answer.result) == (0x8F01, 3)


async def test_parameters_set_are_the_ones_told():
    async with line() as (centre, terminal):
        wanted = {
            0x0001: 30,
            0x0013: "platform.example:7611",
            0x0055: 80,
            0x0032: b"\x01\x00\x05\x00",
            0xF364: bytes(56),
        }
        await centre.ask(m.SetParameters.of(wanted), m.TerminalReply)
        answer, _ = await centre.ask(m.ParametersQuery(), m.ParametersAnswer)
        told = {one.id: one for one in answer.params}
        assert answer.count == len(answer.params) > 40
        assert {number: answer.values()[number] for number in (0x0001, 0x0013, 0x0055)} == {
            0x0001: 30, 0x0013: "platform.example:7611", 0x0055: 80,
        }  # fmt: skip
        assert (told[0x0032].data, told[0xF364].data) == (b"\x01\x00\x05\x00", bytes(56))
        assert answer.values()[0x0083] == terminal.vehicle.plate
        assert 0x0018 not in told, "2019 has no such parameter"
        listed, _ = await centre.ask(m.ListedParametersQuery((0x0055, 0x9999)), m.ParametersAnswer)
        assert listed.values() == {0x0055: 80}
        assert terminal.line.heartbeat_s == 30.0


async def test_driver_and_text_and_answers_come_through():
    async with line("2013") as (centre, terminal):
        await centre.ask(m.TextMessage(4, None, "前方施工，减速慢行"), m.TerminalReply)
        assert terminal.texts == ["前方施工，减速慢行"]
        card, _ = await centre.ask(m.DriverQuery(), m.DriverIdentity)
        drivers = {person(number).identity_no: person(number).name for number in driver_numbers(terminal.vehicle)}
        assert drivers[card.license] == card.name
        chosen, serial = await centre.ask(m.Question(0, "路况？", (m.Choice(1, "畅通"), m.Choice(2, "拥堵"))), m.Answer)
        assert chosen.ack_serial == serial
        assert chosen.answer_id in (1, 2)
        event, _ = await centre.ask(m.EventSetting(1, (m.EventItem(3, "堵车"),)), m.EventReport)
        assert event.event_id == 3


async def test_an_upgrade_in_packets_is_taken_and_its_result_told():
    async with line() as (centre, _terminal):
        result, _ = await centre.ask(m.UpgradePackage(0, "", "demo-2.0", bytes(9000)), m.UpgradeResult)
        assert result.result == 0
        attributes, _ = await centre.ask(m.AttributesQuery(), m.Attributes)
        assert attributes.firmware == "demo-2.0"


async def test_tracking_adds_positions_for_as_long_as_it_holds():
    async with line() as (centre, terminal):
        await centre.ask(m.Tracking(1, 2), m.TerminalReply)
        before = len(centre.positions)
        async with asyncio.timeout(4):
            while len(centre.positions) < before + 2:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.2)
        assert len(centre.positions) == before + 2
        await terminal.settled()


async def test_a_circle_entered_and_left_raises_an_alarm_that_its_reply_clears():
    async with line() as (centre, terminal):
        terminal.place = terminal._where()
        await terminal.report(latitude_deg=THERE[0], longitude_deg=THERE[1])
        await centre.ask(m.SetCircles(0, (CIRCLE,)), m.TerminalReply)
        told, _ = await centre.ask(m.AreasQuery(1), m.AreasAnswer)
        assert [one.area_id for one in told.items] == [7]
        await asyncio.sleep(0.15)
        for place, direction in ((HERE, 0), (THERE, 1)):
            await terminal.report(latitude_deg=place[0], longitude_deg=place[1])
            async with asyncio.timeout(3):
                while not any(0x12 in typed(one.extras) for one in centre.positions):
                    await asyncio.sleep(0.02)
            alarm = next(one for one in centre.positions if 0x12 in typed(one.extras))
            crossed = typed(alarm.extras)[0x12]
            assert (crossed.area_kind, crossed.area_id, crossed.direction) == (1, 7, direction)
            assert alarm.alarms & Alarm.AREA_CROSSED
            centre.positions.clear()
            async with asyncio.timeout(3):
                while terminal.desk.alarms:
                    await asyncio.sleep(0.02)


async def test_doors_stay_locked_in_positions_after_the_order():
    async with line("2013") as (centre, terminal):
        answer, _ = await centre.ask(m.VehicleControl(control=1), m.VehicleControlAnswer)
        assert answer.location.status & Status.DOORS_LOCKED
        await terminal.report()
        assert centre.positions[-1].status & Status.DOORS_LOCKED
        answer, _ = await centre.ask(m.VehicleControl(control=0), m.VehicleControlAnswer)
        assert not answer.location.status & Status.DOORS_LOCKED


@pytest.mark.parametrize("edition", ["2013", "2019"])
async def test_a_photo_arrives_whole_though_a_packet_was_lost_on_the_way(edition):
    async with line(edition) as (centre, terminal):
        terminal.desk.lost_share = 1.0
        reply, serial = await centre.ask(m.Shoot(1, 1, 0, 0, 2, 5, 128, 64, 64, 128), m.ShootReply)
        assert (reply.ack_serial, reply.result, len(reply.media_ids)) == (serial, 0, 1)
        event = await centre.next(m.MediaEvent)
        assert event.media_id == reply.media_ids[0]
        await asyncio.sleep(0.2)
        assert not any(isinstance(one, m.MediaData) for one in centre.received)
        assert centre.ask_for_packets() == 1
        photo = await centre.next(m.MediaData)
        picture = Image.open(io.BytesIO(photo.data))
        assert (picture.format, picture.size) == ("JPEG", (640, 480))
        assert 20_000 <= len(photo.data) <= 80_000
        assert photo.location.latitude_deg == pytest.approx(41.1199, abs=1e-4)
        await terminal.settled()
        # The same recording, asked for again, is the same.
        terminal.desk.lost_share = 0.0
        await centre.ask(m.MediaUploadOne(photo.media_id), m.TerminalReply)
        again = await centre.next(m.MediaData)
        assert hashlib.sha256(again.data).digest() == hashlib.sha256(photo.data).digest()


async def test_lost_packets_that_8800_names_come_again():
    async with line() as (centre, terminal):
        centre.heed = lambda message_id: message_id != 0x0801
        await centre.ask(m.Shoot(1, 1, 0, 0, 2, 5, 128, 64, 64, 128), m.ShootReply)
        photo = await centre.next(m.MediaData)
        await terminal._until(lambda: len(terminal.desk.errands) == 1, 3.0)  # 0x0800 is acknowledged
        centre.order(m.MediaReply(photo.media_id, (1, 3)))
        await asyncio.sleep(0.2)
        assert len(terminal.desk.errands) == 1
        centre.order(m.MediaReply(photo.media_id))
        await terminal.settled()


async def test_stored_pictures_are_found_and_uploaded():
    async with line() as (centre, terminal):
        found, _ = await centre.ask(m.MediaSearch(0, 0, 1), m.MediaSearchAnswer)
        assert found.count == len(found.items) == 4
        await centre.ask(m.MediaUpload(0, found.items[0].channel, 1, delete=1), m.TerminalReply)
        await centre.next(m.MediaData)
        await terminal.settled()
        left, _ = await centre.ask(m.MediaSearch(0, 0, 1), m.MediaSearchAnswer)
        assert left.count < 4


async def test_sound_is_recorded():
    async with line() as (centre, terminal):
        await centre.ask(m.Record(1, 2, 0, 0), m.TerminalReply)
        sound = await centre.next(m.MediaData)
        assert sound.data.startswith(b"RIFF")
        await terminal.settled()


async def test_an_emergency_stands_in_every_position_until_it_is_acknowledged():
    async with line() as (centre, terminal):
        centre.heed = lambda message_id: message_id != 0x0200
        await terminal.press_emergency(wait=False)
        await terminal.report(wait=False)
        async with asyncio.timeout(3):
            while len(centre.positions) < 2:
                await asyncio.sleep(0.02)
        assert all(one.alarms & Alarm.EMERGENCY for one in centre.positions)
        centre.heed = lambda message_id: True
        await terminal.settled(8.0)
        async with asyncio.timeout(3):
            while terminal.desk.alarms:
                await asyncio.sleep(0.02)
        await terminal.report()
        assert not centre.positions[-1].alarms


async def test_what_was_not_acknowledged_goes_first_on_the_next_line():
    async with line() as (centre, terminal):
        await terminal.go_offline()
        await terminal.send(m.WaybillReport("运单".encode("gb18030")), wait=False)
        serial = await terminal.report(wait=False)
        await terminal.come_back()
        waybill = await centre.next(m.WaybillReport)
        assert waybill.text() == "运单"
        await terminal.acknowledged(serial)
        await terminal.settled()
