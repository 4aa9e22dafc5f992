"""Vehicles from elsewhere: what comes in, the leads that come of it, the decision, the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import AuditRecord, User
from datacenter.cases.models import Case
from datacenter.detection import plates
from datacenter.detection.elsewhere import intake, judging, workflow
from datacenter.detection.elsewhere.errors import DecisionRefused, ForeignRefused, LeadNotFound, LeadSettled
from datacenter.detection.elsewhere.intake import Heard, Kept
from datacenter.detection.elsewhere.models import ElsewhereLead, ForeignPosition, ForeignVehicle
from datacenter.detection.models import DetectorSetting
from datacenter.detection.plates import Read
from tests import factories
from tests.conftest import _as_role
from tests.detection.running import MIDNIGHT
from tests.detection.ways import LAT, LON, Drive, shift

HOUR, DAY = 3600, 86_400
NOON = MIDNIGHT + 12 * HOUR
NOW = datetime.fromtimestamp(MIDNIGHT + 3 * DAY - 1, UTC)  # the end of the third day
PLATE = "辽A12345"


@pytest.fixture
def city(transactional_db: None) -> Any:
    """The counties, where connections may come and go."""
    return factories.make_counties()


def heard(rows: list[tuple[int, int, int, int]], plate: str | list[str] = PLATE, **given: Any) -> Heard:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], [], []]
    facts: dict[str, Any] = {
        "plate": [plate] * len(rows) if isinstance(plate, str) else plate,
        "plate_colour": [1] * len(rows), "device_time": columns[0],
        "latitude_e6": columns[1], "longitude_e6": columns[2], "speed_dkmh": [360] * len(rows), "loaded": columns[3],
        "source": "省平台",
    }  # fmt: skip
    return Heard(**(facts | given))


def come(
    rows: list[tuple[int, int, int, int]], plate: str | list[str] = PLATE, now: datetime = NOW, **given: Any
) -> Kept:
    """As a link's worker keeps them."""
    with _as_role("DATABASE_INGEST_URL"):
        return intake.record(heard(rows, plate, **given), now)


def look(now: datetime = NOW) -> int:
    """As beat's worker does."""
    with _as_role("DATABASE_INGEST_URL"):
        return judging.look(now)


def work(*days: int, plate: str = PLATE, loaded: bool = True) -> None:
    """At work on those days after the first."""
    for number in days:
        rows = shift(Drive(NOON + number * DAY, step=30), 40, loaded=loaded, seed=number + 9).places()
        come(rows, plate, max(NOW, datetime.fromtimestamp(rows[-1][0], UTC)))


ROW = (NOON, LAT, LON, -1)


# --- the door ---------------------------------------------------------------------------------------------------------
def test_each_position_is_kept_once_whatever_the_order(city: Any) -> None:
    rows = shift(Drive(NOON), 3).places()
    assert come(rows[::-1]) == Kept(len(rows), 0, 0, ())
    assert come(rows) == Kept(0, len(rows), 0, ())
    assert come([rows[0], rows[0], (NOON - 5, LAT, LON, 1)]) == Kept(1, 2, 0, ())
    assert ForeignPosition.objects.count() == len(rows) + 1
    assert ForeignVehicle.objects.get().plate_colour == 1


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("plate", ("辽A1234", "AB12345", "")),
        ("plate_colour", (-1, 100)),
        ("device_time", (int(NOW.timestamp()) + 601, int(NOW.timestamp()) - 15 * DAY - 1)),
        ("latitude_e6", (0, 122_066_240)),
        ("speed_dkmh", (-1, 2501)),
        ("loaded", (-2, 2)),
    ],
)
def test_a_row_that_can_not_be_is_refused_by_itself(city: Any, field: str, values: tuple[Any, ...]) -> None:
    for value in values:
        good = getattr(heard([ROW]), field)[0]
        kept = come([ROW, ROW], **{field: [value, good]})
        (refused,) = kept.refused
        assert (refused.row, refused.field, refused.value) == (0, field, value)
        assert refused.rule
        assert kept.new + kept.known == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("device_time", int(NOW.timestamp()) + 600), ("device_time", int(NOW.timestamp()) - 15 * DAY),
     ("speed_dkmh", 2500), ("plate_colour", 0)],
    ids=["ahead", "old", "fast", "colourless"],
)  # fmt: skip
def test_what_lies_on_the_limit_is_kept(city: Any, field: str, value: int) -> None:
    assert come([ROW], **{field: [value]}).new == 1


def test_columns_that_do_not_fit_are_refused_whole(city: Any) -> None:
    for given in ({"loaded": [0]}, {"speed_dkmh": [1.5, 2.5]}, {"source": ""}, {"source": "x" * 41}):
        with pytest.raises(ForeignRefused) as refusal:
            come([ROW, ROW], **given)
        assert {"field", "value", "rule"} <= set(refusal.value.facts)
    assert come([]) == Kept(0, 0, 0, ())
    assert not ForeignVehicle.objects.exists()


def test_the_citys_own_plates_are_none_from_elsewhere(city: Any) -> None:
    registered = factories.make_vehicle("辽B54321", plate_colour=2)
    rows = [(NOON + number, LAT, LON, -1) for number in range(5)]
    named = ["辽L99999", registered.plate, registered.plate, registered.plate, PLATE]
    kept = come(rows, plate=named, plate_colour=[1, 2, 0, 1, 1])
    assert kept == Kept(2, 0, 3, ())
    found = set(ForeignVehicle.objects.values_list("plate", "plate_colour"))
    assert found == {(registered.plate, 1), (PLATE, 1)}


def test_a_batch_costs_a_fixed_number_of_queries(city: Any, django_assert_max_num_queries: Any) -> None:
    rows = [(NOON + number, LAT, LON, -1) for number in range(3000)]
    many = [f"辽A{number % 90:05d}" for number in range(3000)]
    with django_assert_max_num_queries(8):
        assert intake.record(heard(rows, plate=many), NOW).new == 3000


# --- leads ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("loaded", [True, False])
def test_three_days_at_work_are_one_lead_of_the_county(city: Any, loaded: bool) -> None:
    work(0, 1, loaded=loaded)
    assert look() == 0
    work(2, loaded=loaded)
    assert look() == 1
    lead = ElsewhereLead.objects.get()
    assert (lead.plate, lead.plate_colour, lead.county_id) == (PLATE, 1, factories.DAWA)
    assert (lead.last_day - lead.first_day).days == 2
    assert lead.measures["days"] == 3
    assert lead.measures["rides"] == sum(day["rides"] for day in lead.evidence["days"].values()) >= 48
    assert {day["by"] for day in lead.evidence["days"].values()} == {"loaded" if loaded else "ways"}
    assert len(lead.evidence["rides"]) > 20
    assert 2 < len(lead.evidence["track"]) <= 720
    assert lead.limits["days"] == 3


def test_the_same_twice_is_one_and_only_what_is_new_is_judged(city: Any) -> None:
    work(0, 1, 2)
    assert look() == 1
    before = ElsewhereLead.objects.get()
    work(0, 1, 2)
    assert look() == 0
    assert ForeignVehicle.objects.get().judged_at == ForeignVehicle.objects.get().heard_at
    after = ElsewhereLead.objects.get()
    assert (after.measures, after.changed_at) == (before.measures, before.changed_at)


def test_a_lead_grows_while_it_is_new_and_late_days_count(city: Any) -> None:
    work(0, 2)
    look()
    work(1)
    assert look() == 1
    work(-1)
    assert look() == 0
    lead = ElsewhereLead.objects.get()
    assert lead.measures["days"] == 4
    assert lead.first_day.isoformat() == min(lead.evidence["days"])


def test_days_apart_by_more_than_a_week_do_not_add_up(city: Any) -> None:
    work(-5, 1, 2)
    assert look() == 0
    work(-4)
    assert look() == 1


def test_outside_the_city_nobody_is_judged(city: Any) -> None:
    for number in range(3):
        rows = shift(Drive(NOON + number * DAY, step=30), 40, loaded=True).places()
        come([(at, lat + 800_000, lon, bit) for at, lat, lon, bit in rows])
    assert look() == 0
    assert ForeignVehicle.objects.get().judged_at is not None


def test_a_rule_switched_off_judges_nobody_until_it_is_on_again(city: Any) -> None:
    setting = DetectorSetting.objects.filter(pk="vehicle.elsewhere")
    setting.update(enabled=False)
    work(0, 1, 2)
    assert look() == 0
    setting.update(enabled=True)
    assert look() == 1


def test_old_positions_go(city: Any) -> None:
    come([(NOON + n, LAT, LON, -1) for n in range(4)])
    with _as_role("DATABASE_INGEST_URL"):
        edge = datetime.fromtimestamp(NOON + 2, UTC) + intake.KEPT
        assert judging.forget(edge) == 2
        assert judging.forget(edge) == 0


def read(day: int, number: int, *, plate: str = PLATE, rank: bool = False, colour: int | None = 1) -> None:
    at = datetime.fromtimestamp(NOON + day * DAY + number * 900, UTC)
    place = (LAT, LON) if rank else (LAT + 20_000 + number % 9 * 8000, LON)
    with _as_role("DATABASE_INGEST_URL"):
        plates.record(Read(plate, at, *place, "卡口", f"{plate}-{day}-{number}", colour, f"卡口{number % 9}"))


def test_reads_at_ranks_day_after_day_are_a_lead(city: Any) -> None:
    factories.make_area(factories.DAWA_SEAT, 0.002, kind="rank", name="大洼客运站候客点")
    for day in range(3):
        for number in range(14):
            read(day, number, rank=number % 4 == 0)
            read(day, number, plate="辽B12345")  # as often, but never at a rank
            read(day, number, plate="辽L12345", rank=number % 4 == 0)  # a neighbour
    assert look() == 1
    lead = ElsewhereLead.objects.get()
    assert (lead.plate, lead.measures["reads"], lead.measures["rides"]) == (PLATE, 42, 0)
    assert lead.evidence["reads"][0][3] == "卡口0"
    assert lead.county_id == factories.DAWA
    assert not ForeignVehicle.objects.filter(plate="辽L12345").exists()


def test_a_read_without_a_colour_goes_with_the_only_vehicle_of_that_number(city: Any) -> None:
    factories.make_area(factories.DAWA_SEAT, 0.002, kind="station", name="站")
    come([ROW])
    for day in range(3):
        for number in range(14):
            read(day, number, rank=number % 4 == 0, colour=None)
    assert ForeignVehicle.objects.count() == 1
    come([ROW], plate_colour=[5])
    assert look() == 0  # two of that number now: whose reads they are nobody knows


# --- the decision -----------------------------------------------------------------------------------------------------
@pytest.fixture
def lead(city: Any, bureau: Any) -> ElsewhereLead:
    work(0, 1, 2)
    look()
    return ElsewhereLead.objects.get()


def test_confirmed_it_is_a_case_without_a_registered_vehicle(lead: ElsewhereLead, dawa_officer: User) -> None:
    lead = workflow.confirm_lead(lead, by=dawa_officer, note="现场查获")
    case = Case.objects.get(pk=lead.case_id)
    assert (case.plate, case.vehicle, case.county_id, case.kind) == (PLATE, None, factories.DAWA, "vehicle.elsewhere")
    assert case.events.first().facts["lead"] == lead.pk  # type: ignore[union-attr]
    assert (lead.state, lead.decided_by) == ("confirmed", dawa_officer)
    with pytest.raises(LeadSettled):
        workflow.reject_lead(lead, by=dawa_officer, reason="goods")
    assert Case.objects.count() == 1


def test_a_rejection_says_why(lead: ElsewhereLead, dawa_officer: User) -> None:
    for reason, note, field in (("", "", "reason"), ("nonsense", "", "reason"), ("other", " ", "note")):
        with pytest.raises(DecisionRefused) as refusal:
            workflow.reject_lead(lead, by=dawa_officer, reason=reason, note=note)
        assert refusal.value.field == field
    lead = workflow.reject_lead(lead, by=dawa_officer, reason="other", note="本局车辆")
    assert (lead.state, lead.reason, lead.case) == ("rejected", "other", None)


def test_another_county_and_a_company_have_no_lead(
    lead: ElsewhereLead, panshan_officer: User, hotline_operator: User
) -> None:
    with pytest.raises(LeadNotFound):
        workflow.confirm_lead(lead, by=panshan_officer)
    with pytest.raises(NotAllowed):
        workflow.confirm_lead(lead, by=hotline_operator)


def test_the_days_up_to_a_decision_count_for_no_other_lead(lead: ElsewhereLead, dawa_officer: User) -> None:
    workflow.reject_lead(lead, by=dawa_officer, reason="resident")
    ElsewhereLead.objects.update(decided_at=NOW)
    work(0, 1, 2, 3, 4)
    assert look(NOW + timedelta(days=2)) == 0  # the day of the decision is settled too
    work(5)
    assert look(NOW + timedelta(days=3)) == 1
    assert ElsewhereLead.objects.filter(state="new").get().measures["days"] == 3


# --- the pages --------------------------------------------------------------------------------------------------------
def opened(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_the_days_and_confirms(lead: ElsewhereLead, dawa_officer: User) -> None:
    client = opened(dawa_officer)
    page = client.get(reverse("elsewhere-lead", args=[lead.pk])).content.decode()
    for word in ("营运日", "载客信号", "未核实", "确认并立案", "case-track", lead.first_day.isoformat()):
        assert word in page
    refused = client.post(reverse("elsewhere-act", args=[lead.pk, "reject"]), {"reason": "", "note": "试试"})
    assert refused.status_code == 422
    assert "请选择排除原因" in refused.content.decode()
    assert "试试" in refused.content.decode()
    answer = client.post(reverse("elsewhere-act", args=[lead.pk, "confirm"]), {"note": "查获"}, follow=True)
    case = Case.objects.get()
    assert case.number in answer.content.decode()
    assert client.get(reverse("case-detail", args=[case.number])).status_code == 200
    assert client.post(reverse("elsewhere-act", args=[lead.pk, "reject"]), {"reason": "goods"}).status_code == 409
    assert AuditRecord.objects.filter(action="elsewhere.confirm", subject=PLATE).count() == 1


def test_the_list_costs_as_many_queries_for_many_as_for_one(
    lead: ElsewhereLead, city_officer: User, django_assert_num_queries: Any
) -> None:
    client = opened(city_officer)
    path = reverse("elsewhere-list")
    client.get(path)
    with CaptureQueriesContext(connection) as one:
        client.get(path)
    for number in range(12):
        vehicle = ForeignVehicle.objects.create(
            plate=f"辽A{number:05d}", plate_colour=1, first_heard_at=NOW, heard_at=NOW
        )
        lead.pk, lead.foreign_vehicle, lead.plate = None, vehicle, vehicle.plate
        lead._state.adding = True
        lead.save()
    with django_assert_num_queries(len(one)):
        page = client.get(path).content.decode()
    assert page.count("<tr data-row") == 13


def test_the_file_says_what_the_list_says_and_no_free_words(lead: ElsewhereLead, dawa_officer: User) -> None:
    workflow.reject_lead(lead, by=dawa_officer, reason="goods", note="司机电话 13912345678")
    answer = opened(dawa_officer).get(reverse("elsewhere-export"), {"format": "csv", "state": "rejected"})
    text = answer.content.decode("utf-8-sig")
    assert PLATE in text
    assert "货运、配送、工程车辆" in text
    assert "13912345678" not in text
    empty = opened(dawa_officer).get(reverse("elsewhere-export"), {"format": "csv", "state": "new"})
    assert PLATE not in empty.content.decode("utf-8-sig")


@pytest.mark.parametrize(("wanted", "rows"), [({"q": "a123"}, 1), ({"q": "B"}, 0), ({"state": "new"}, 1),
                                              ({"county": factories.PANSHAN}, 0)], ids=str)  # fmt: skip
def test_the_filters_of_the_list(lead: ElsewhereLead, city_officer: User, wanted: dict[str, str], rows: int) -> None:
    page = opened(city_officer).get(reverse("elsewhere-list"), wanted).content.decode()
    assert page.count("<tr data-row") == rows


def test_numpy_columns_come_in_as_lists_do(city: Any) -> None:
    rows = shift(Drive(NOON), 2).places()
    columns = np.array(rows, np.int64)
    given = {"device_time": columns[:, 0], "latitude_e6": columns[:, 1], "longitude_e6": columns[:, 2]}
    assert come(rows, **given, loaded=columns[:, 3].astype(np.int8)).new == len(rows)
