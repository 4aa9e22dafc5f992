"""A clip that is cut off in the upload: what came whole proves the finding, what did not is shown nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from datacenter.accounts.models import User
from datacenter.detection.events import Told, tell
from datacenter.detection.models import Finding
from datacenter.media.models import SafetyAlarm
from datacenter.media.selectors import files_of
from datacenter.registry.models import Vehicle
from datacenter.screening.models import ReviewItem
from datacenter.screening.selectors import strip_of
from tests.commands.conftest import in_database
from tests.gateway.conftest import eventually
from tests.media.conftest import NOW, Serve, dsm, make_alarm
from tests.media.test_upload import attachments, bring, upload


def shown(officer: User) -> tuple[list[str], list[str], str]:
    """Names on the desk's strip, names in the paper, and the state of the alarm's attachments."""
    item = ReviewItem.objects.select_related("finding").get()
    strip = [file.name for file in strip_of(item, officer)]
    return strip, [file.name for file in files_of(item.finding, officer)], SafetyAlarm.objects.get().state


@pytest.fixture
def finding(tracks: None, truck: Vehicle, city_officer: User, as_ingest: None) -> Any:
    """A phone call whose alarm has been told, and whose attachments have been asked for."""
    alarm = make_alarm(truck, alarm=dsm(), state=SafetyAlarm.State.REQUESTED)
    found = tell(Told("driver.phone", truck.pk, int(NOW.timestamp()), f"alarm:{alarm.pk}", level=2))
    assert found is not None
    return found


async def test_a_clip_cut_off_in_the_upload_is_not_evidence_until_it_is_whole(
    finding: Finding, city_officer: User, serve: Serve
) -> None:
    alarm = await in_database(SafetyAlarm.objects.get)
    photo, clip = (one.name for one in attachments(alarm.alarm_no))
    server = await serve()
    assert not await bring(server, upload(alarm.alarm_no, dsm().tag), break_after=150_000)
    await eventually(lambda: not server._sessions)
    assert await in_database(lambda: shown(city_officer)) == ([photo], [photo], "uploading")
    assert await in_database(lambda: Finding.objects.get().state) != Finding.State.SUPERSEDED
    assert await bring(server, upload(alarm.alarm_no, dsm().tag))
    assert await in_database(lambda: shown(city_officer)) == ([photo, clip], [photo, clip], "complete")
