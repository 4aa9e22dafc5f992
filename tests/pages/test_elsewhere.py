"""The page of a lead about a vehicle from elsewhere, in a browser: the track is drawn, and one click confirms it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.cases.models import Case
from datacenter.detection.elsewhere import intake, judging
from datacenter.detection.elsewhere.intake import Heard
from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.tracks.store import SHANGHAI
from tests.detection.ways import Drive, shift
from tests.pages.conftest import Desk

pytestmark = pytest.mark.pages


def test_a_lead_is_looked_at_and_confirmed(desk: Desk, dawa_officer: User, counties: Any) -> None:
    now = timezone.now()
    midnight = int(now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    for day in (1, 2, 3):
        rows = shift(Drive(midnight - day * 86_400 + 8 * 3600, step=30), 30, loaded=True, seed=day).places()
        at, lat, lon, loaded = (list(column) for column in zip(*rows, strict=True))
        told = ["辽A12345"] * len(rows), [1] * len(rows), at, lat, lon, [360] * len(rows), loaded
        intake.record(Heard(*told, source="省平台"), now)
    assert judging.look(now) == 1
    page = desk(dawa_officer)
    page.goto("/detection/elsewhere/")
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    page.locator("[data-evidence-map] canvas").first.wait_for()
    page.locator("[data-evidence-chart] svg").first.wait_for()
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/elsewhere.png", full_page=True)
    page.get_by_label("备注").fill("现场查获")
    page.get_by_role("button", name="确认并立案").click()
    page.get_by_text("已确认，案号").wait_for()
    case = Case.objects.get()
    assert page.get_by_role("link", name=case.number).count() == 1
    assert ElsewhereLead.objects.get().note == "现场查获"
