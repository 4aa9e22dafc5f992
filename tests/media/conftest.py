"""Where files lie, a vehicle whose terminal sends them, and alarms by hand."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from datacenter.media.models import SafetyAlarm
from datacenter.media.server import AttachmentServer, Limits
from datacenter.protocols.active_safety.connection import Bounds
from datacenter.protocols.active_safety.items import DsmAlarm, Scene
from datacenter.protocols.active_safety.practices import Practice
from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.wire import GMT8
from datacenter.registry.directory import TerminalDirectory
from datacenter.registry.models import Vehicle
from tests.commands.conftest import gateway, in_database, truck, worker  # noqa: F401  fixtures

NOW = datetime.now(UTC).replace(microsecond=0)
Serve = Callable[..., Any]
QUICK = Limits(bounds=Bounds(file_bytes=4 << 20, list_s=2.0, silence_s=2.0), write_s=2.0)


@pytest.fixture(autouse=True)
def media_root(settings: Any, tmp_path: Path) -> Path:
    """Files of this test alone."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def picture(colour: tuple[int, int, int] = (10, 120, 200), size: tuple[int, int] = (320, 240)) -> bytes:
    """A photo."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "JPEG")
    return content.getvalue()


def dsm(
    event: int = 2, *, attachments: int = 2, number: int = 7, at: datetime = NOW, flag: int = 1,
    practice: str = Practice.JIANGSU, seq: int = 0,
) -> DsmAlarm:  # fmt: skip
    """What a camera on the driver reports: a phone call, unless told."""
    scene = Scene(62, 5, 41.123456, 122.065432, at.astimezone(GMT8), 1)
    tag = AlarmTag.of("PJ00077", at.astimezone(GMT8), seq, attachments, practice)
    return DsmAlarm(number, flag, event, 2, 0, bytes(4), scene, tag)


def report(*alarms: Any, at: datetime = NOW, extras: tuple[Any, ...] = ()) -> jt808.LocationReport:
    """A position with these alarms."""
    items = (*extras, *(alarm.pack() for alarm in alarms))
    return jt808.LocationReport(0, 3, 41.12, 122.06, 5, 60.0, 90, at, items)


def make_alarm(vehicle: Vehicle, phone: str = "13900000077", **facts: Any) -> SafetyAlarm:
    """An alarm that was stored."""
    alarm = facts.pop("alarm", dsm())
    given = {
        "alarm_no": f"26030907123000000000{SafetyAlarm.objects.count():08x}", "phone": phone, "terminal_id": "PJ00077",
        "practice": "jiangsu", "tag": alarm.tag.pack().hex(), "item": 0x65, "event": 2, "vendor": "T/JSATL 12-2017",
        "title": "接打电话", "level": 2, "flag_state": 1, "counter": SafetyAlarm.objects.count(), "speed_kmh": 62,
        "latitude_e6": 41_123_456, "longitude_e6": 122_065_432, "vehicle_status": 1,
        "device_time": NOW - timedelta(minutes=5), "received_at": NOW, "attachments_expected": 2, **facts,
    }  # fmt: skip
    return SafetyAlarm.objects.create(
        vehicle=vehicle, county_id=vehicle.county_id, company_id=vehicle.company_id, **given
    )


@pytest.fixture
async def serve(tracks: None, truck: Vehicle, settings: Any) -> AsyncIterator[Serve]:  # noqa: F811
    """Starts attachment servers that know the truck's terminal; stops them at the test's end."""
    running: list[AttachmentServer] = []

    async def begin(port: int = 0, limits: Limits = QUICK) -> AttachmentServer:
        directory = await in_database(TerminalDirectory.load)
        server = AttachmentServer(directory, port=port, limits=limits, redis_url=settings.REDIS_URL)
        await server.start()
        running.append(server)
        return server

    yield begin
    for server in running:
        await server.stop()
