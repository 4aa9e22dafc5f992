"""The verbs of a roadside check (路面核查): order, accept, decline, answer, withdraw, expire; and a patrol's duty.

An order is given from a case and comes back to it: its answer is a note on the case, with the photos as evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.cases import blocks
from datacenter.cases import workflow as cases
from datacenter.cases.errors import FieldRefused
from datacenter.cases.evidence import MAX_PHOTOS
from datacenter.cases.models import Case
from datacenter.cases.selectors import get_case_for
from datacenter.cases.states import OPEN_STATES
from datacenter.roadside.errors import CheckFieldRefused, CheckNotFound, CheckRefused
from datacenter.roadside.models import Patrol, RoadsideCheck, RoadsideEvent, RoadsideSetting
from datacenter.roadside.selectors import (
    AGREED,
    ANSWER,
    OPEN,
    ORDER,
    SETTINGS,
    checks_of,
    checks_visible_to,
    own_team,
    patrols_places,
    patrols_visible_to,
    setting,
    straight_m,
    suspects_place,
    teams_for,
)

State, Verb = RoadsideCheck.State, RoadsideEvent.Verb
LONGEST_ORDER_MIN = 24 * 60
SYSTEM = "系统"

AFTER_STEP: list[Callable[[RoadsideCheck, RoadsideEvent], None]] = []
"""What other packages do when a step was taken, inside its transaction; ``event.by`` is empty for the clock."""


def register() -> None:
    """Stand on the case's page."""
    blocks.register(blocks.Block("roadside/_case_block.html", block_of))


def block_of(case: Case, user: Any) -> dict[str, Any] | None:
    """The orders of a case, and whether the reader may give one; None where there is nothing to say."""
    may_order = user.may(ORDER) and bool(case.plate) and case.state in OPEN_STATES
    checks = checks_of(case, user) if user.may(ORDER) or user.may(ANSWER) else []
    return {"checks": checks, "may_order": may_order} if checks or may_order else None


def enter_settings(**_: Any) -> None:
    """Give each figure its row; rows that are there keep what an officer set."""
    for code, title, value, unit in SETTINGS:
        RoadsideSetting.objects.get_or_create(
            code=code, defaults={"title": title, "value": value, "unit": unit, "source": AGREED}
        )


# --- Orders -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def order_check(
    case: Case, *, patrol: Patrol, by: Any, request: str = "", minutes: int | None = None,
    previous: RoadsideCheck | None = None, now: datetime | None = None,
) -> RoadsideCheck:  # fmt: skip
    """Send a patrol to look at the case's vehicle (派单). Raises ``CheckRefused``, ``CheckFieldRefused``.

    ``previous`` is the order that another patrol did not take; a patrol of a county takes only that county's.
    """
    require(by, ORDER)
    now = now or timezone.now()
    case = get_case_for(by, case.number)
    if case.state not in OPEN_STATES:
        raise CheckRefused(f"案件{case.get_state_display()}，不能再派路面核查")
    if not case.plate:
        raise CheckRefused("案件没有车牌，不能派路面核查")
    minutes = setting("expires_min") if minutes is None else minutes
    if not 1 <= minutes <= LONGEST_ORDER_MIN:
        raise CheckFieldRefused("minutes", f"有效时长应为 1–{LONGEST_ORDER_MIN} 分钟，现为 {minutes}")
    locked = patrols_visible_to(by).select_for_update(of=("self",)).filter(pk=patrol.pk).first()
    if locked is None or locked.county_id not in (None, case.county_id):
        raise CheckFieldRefused("patrol", "这个巡逻不在案件的承办县区")
    if not (locked.active and locked.on_duty):
        raise CheckFieldRefused("patrol", f"{locked.name} 不在勤，请另选")
    if RoadsideCheck.objects.filter(case=case, patrol=locked, state__in=OPEN).exists():
        raise CheckFieldRefused("patrol", f"{locked.name} 已有这个案件的核查单")
    if previous is not None:
        previous = _previous(previous, case, by, now)
    place, target = patrols_places([locked]).get(locked.pk), suspects_place(case)
    check = RoadsideCheck.objects.create(
        case=case,
        county_id=case.county_id,
        vehicle_id=case.vehicle_id,
        plate=case.plate,
        plate_colour=case.plate_colour,
        industry=case.industry,
        company_name=case.company_name,
        suspected=case.title,
        request=request.strip()[:300],
        patrol=locked,
        team_id=locked.team_id,
        previous=previous,
        ordered_by=by,
        ordered_at=now,
        expires_at=now + timedelta(minutes=minutes),
        distance_m=straight_m(place, target) if place and target else None,
    )
    facts = {"patrol": locked.name, "distance_m": check.distance_m, "place_age_s": place.age_s(now) if place else None}
    _record(check, Verb.ORDER, by, now, check.request, facts)
    said = f"派路面核查单给 {locked.team.name} {locked.name}"
    cases.note_on_case(case, note="：".join(filter(None, (said, check.request))), facts={"check": check.pk}, by=by)
    return check


def _previous(previous: RoadsideCheck, case: Case, by: Any, now: datetime) -> RoadsideCheck:
    """The order before, ended: what still waits for its patrol is taken back first."""
    previous = _locked(previous, by)
    if previous.case_id != case.pk:
        raise CheckNotFound(pk=previous.pk)
    if previous.state in (State.ACCEPTED, State.ANSWERED):
        raise CheckRefused(f"上一单{previous.get_state_display()}，不能改派")
    if RoadsideCheck.objects.filter(previous=previous).exists():
        raise CheckRefused("上一单已改派给其他巡逻")
    if previous.state == State.SENT:
        previous.state = State.WITHDRAWN
        previous.save(update_fields=["state"])
        _record(previous, Verb.WITHDRAW, by, now, "改派其他巡逻")
    return previous


@transaction.atomic
def accept_check(check: RoadsideCheck, *, by: Any, now: datetime | None = None) -> RoadsideCheck:
    """The patrol takes it (接单); taking it twice is taking it once."""
    require(by, ANSWER)
    now = now or timezone.now()
    check = _locked(check, by)
    if check.state == State.ACCEPTED:
        return check
    _require_waiting(check, now, "接单")
    check.state, check.accepted_at = State.ACCEPTED, now
    check.save(update_fields=["state", "accepted_at"])
    _record(check, Verb.ACCEPT, by, now)
    return check


@transaction.atomic
def decline_check(
    check: RoadsideCheck, *, by: Any, reason: str, note: str = "", now: datetime | None = None
) -> RoadsideCheck:
    """The patrol does not take it (拒单), and why; other reasons need words."""
    require(by, ANSWER)
    now = now or timezone.now()
    check = _locked(check, by)
    if reason not in RoadsideCheck.DeclineReason.values:
        raise CheckFieldRefused("reason", "请选择拒单原因")
    if reason == RoadsideCheck.DeclineReason.OTHER and not note.strip():
        raise CheckFieldRefused("note", "请说明拒单原因")
    _require_waiting(check, now, "拒单")
    check.state, check.declined_at, check.decline_reason = State.DECLINED, now, reason
    check.note = note.strip()[:500]
    check.save(update_fields=["state", "declined_at", "decline_reason", "note"])
    _record(check, Verb.DECLINE, by, now, note, {"reason": reason})
    return check


@transaction.atomic
def answer_check(
    check: RoadsideCheck, *, by: Any, key: str, found: bool | None, as_suspected: bool | None = None, note: str = "",
    photos: Sequence[UploadedFile] = (), now: datetime | None = None,
) -> RoadsideCheck:  # fmt: skip
    """What the patrol found (反馈): it goes to the case as a note with its photos.

    ``key`` names the attempt: the same one again, after an answer that never arrived, changes nothing. Raises
    ``CheckFieldRefused`` naming what is missing.
    """
    require(by, ANSWER)
    now = now or timezone.now()
    check = _locked(check, by)
    if not 1 <= len(key) <= 40:
        raise CheckFieldRefused("key", "缺少提交编号，请刷新页面后重试")
    if check.state == State.ANSWERED and check.answer_key == key:
        return check
    if check.state not in OPEN:
        raise CheckRefused(f"核查单{check.get_state_display()}，不能反馈")
    if check.state == State.SENT:
        _require_waiting(check, now, "反馈")
    if found is None:
        raise CheckFieldRefused("found", "请选择是否找到车辆")
    if found and as_suspected is None:
        raise CheckFieldRefused("as_suspected", "请选择是否与涉嫌情况相符")
    if len(photos) > MAX_PHOTOS:
        raise CheckFieldRefused("photos", f"一次最多上传 {MAX_PHOTOS} 张照片")
    check.state, check.answered_at, check.answered_by, check.answer_key = State.ANSWERED, now, by, key
    check.found, check.as_suspected = found, as_suspected if found else None
    check.note = note.strip()[:500]
    said = f"路面核查（{check.team.name} {check.patrol.name}）：{check.finding}"
    facts = {"check": check.pk, "found": found, "as_suspected": check.as_suspected}
    words = "；".join(filter(None, (said, check.note)))
    try:
        check.case_event = cases.note_on_case(check.case, note=words, facts=facts, by=by, photos=photos)
    except FieldRefused as refusal:
        raise CheckFieldRefused("photos", refusal.message) from refusal
    check.save()
    _record(check, Verb.ANSWER, by, now, check.note, {**facts, "photos": len(photos)})
    return check


@transaction.atomic
def withdraw_check(check: RoadsideCheck, *, by: Any, reason: str = "", now: datetime | None = None) -> RoadsideCheck:
    """Who gives orders takes one back (撤回) that has no answer yet."""
    require(by, ORDER)
    check = _locked(check, by)
    if check.state not in OPEN:
        raise CheckRefused(f"核查单{check.get_state_display()}，不能撤回")
    check.state = State.WITHDRAWN
    check.save(update_fields=["state"])
    _record(check, Verb.WITHDRAW, by, now or timezone.now(), reason)
    return check


def expire_checks(now: datetime | None = None) -> int:
    """Orders that nobody took in time (过期); how many."""
    now = now or timezone.now()
    with transaction.atomic():
        waiting = RoadsideCheck.objects.filter(state=State.SENT, expires_at__lte=now)
        rows = list(waiting.select_for_update(of=("self",), skip_locked=True))
        for check in rows:
            check.state = State.EXPIRED
            check.save(update_fields=["state"])
            _record(check, Verb.EXPIRE, None, now)
        return len(rows)


# --- Duty and place ---------------------------------------------------------------------------------------------------
@transaction.atomic
def enter_patrol(patrol: Patrol, *, by: Any) -> Patrol:
    """Keep a new or changed patrol of a team that the user may enter patrols for; its county is its team's."""
    require(by, ORDER)
    if not teams_for(by).filter(pk=patrol.team_id).exists():
        raise CheckNotFound(team=patrol.team_id)
    patrol.county_id = patrol.team.county_id
    if not patrol.active:
        return _off_duty(patrol)
    patrol.save()
    return patrol


@transaction.atomic
def go_on_duty(patrol: Patrol, *, by: Any, now: datetime | None = None) -> Patrol:
    """An officer takes a patrol out (上勤); another that the officer had goes off duty. Its place is not shared yet."""
    require(by, ANSWER)
    for other in _own_patrols(by).filter(officer=by, on_duty=True).exclude(pk=patrol.pk):
        _off_duty(other)
    patrol = _own(patrol, by)
    if not patrol.active:
        raise CheckRefused(f"{patrol.name} 已停用")
    if patrol.on_duty and patrol.officer_id == by.pk:
        return patrol
    _forget_place(patrol)
    patrol.on_duty, patrol.on_duty_since, patrol.officer = True, now or timezone.now(), by
    patrol.save()
    return patrol


@transaction.atomic
def go_off_duty(patrol: Patrol, *, by: Any) -> Patrol:
    """The shift is over (下勤): where the patrol was is deleted."""
    require(by, ANSWER)
    return _off_duty(_own(patrol, by))


@transaction.atomic
def share_place(patrol: Patrol, *, by: Any, wanted: bool) -> Patrol:
    """The officer agrees that the patrol's place is reported, or does not any more, which deletes it."""
    patrol = _of_officer(patrol, by)
    if wanted:
        patrol.sharing = True
    else:
        _forget_place(patrol)
    patrol.save()
    return patrol


@transaction.atomic
def report_place(
    patrol: Patrol, *, by: Any, latitude_e6: int, longitude_e6: int, accuracy_m: int | None, at: datetime,
    now: datetime | None = None,
) -> Patrol:  # fmt: skip
    """Where the phone says it is; only the newest is kept. Refused unless the officer agreed to it."""
    now = now or timezone.now()
    patrol = _of_officer(patrol, by)
    if not patrol.sharing:
        raise CheckRefused("没有同意共享位置")
    at = min(at, now)  # a phone's clock that runs ahead must not freeze the patrol's place
    if patrol.located_at is not None and at <= patrol.located_at:
        return patrol
    patrol.latitude_e6, patrol.longitude_e6, patrol.accuracy_m, patrol.located_at = (
        latitude_e6, longitude_e6, accuracy_m, at,
    )  # fmt: skip
    patrol.save(update_fields=["latitude_e6", "longitude_e6", "accuracy_m", "located_at"])
    return patrol


def end_long_duties(now: datetime | None = None) -> int:
    """Who forgot to go off duty does so by the clock; how many."""
    since = (now or timezone.now()) - timedelta(hours=setting("longest_duty_h"))
    with transaction.atomic():
        rows = list(Patrol.objects.filter(on_duty=True, on_duty_since__lte=since).select_for_update(of=("self",)))
        for patrol in rows:
            _off_duty(patrol)
        return len(rows)


def _own_patrols(by: Any) -> Any:
    if own_team(by) is None:
        raise CheckNotFound("您的机构不是执法队")
    return patrols_visible_to(by).select_related(None).defer(None).select_for_update(of=("self",))


def _own(patrol: Patrol, by: Any) -> Patrol:
    found: Patrol | None = _own_patrols(by).filter(pk=patrol.pk).first()
    if found is None:
        raise CheckNotFound(pk=patrol.pk)
    return found


def _of_officer(patrol: Patrol, by: Any) -> Patrol:
    require(by, ANSWER)
    patrol = _own(patrol, by)
    if not patrol.on_duty or patrol.officer_id != by.pk:
        raise CheckRefused("您不在这辆车上勤")
    return patrol


def _off_duty(patrol: Patrol) -> Patrol:
    _forget_place(patrol)
    patrol.on_duty, patrol.on_duty_since, patrol.officer = False, None, None
    patrol.save()
    return patrol


def _forget_place(patrol: Patrol) -> None:
    patrol.sharing = False
    patrol.latitude_e6 = patrol.longitude_e6 = patrol.accuracy_m = patrol.located_at = None


def _locked(check: RoadsideCheck, by: Any) -> RoadsideCheck:
    found = checks_visible_to(by).select_for_update(of=("self",)).filter(pk=check.pk).first()
    if found is None:
        raise CheckNotFound(pk=check.pk)
    return found


def _require_waiting(check: RoadsideCheck, now: datetime, word: str) -> None:
    if check.state != State.SENT:
        raise CheckRefused(f"核查单{check.get_state_display()}，不能{word}")
    if check.expires_at <= now:
        raise CheckRefused(f"核查单已过期，不能{word}")


def _record(
    check: RoadsideCheck,
    verb: RoadsideEvent.Verb,
    by: Any,
    now: datetime,
    note: str = "",
    facts: dict[str, Any] | None = None,
) -> RoadsideEvent:
    name = f"{by}（{by.unit.name if by.unit_id else by.get_role_display()}）" if by else SYSTEM
    event = RoadsideEvent.objects.create(
        check_order=check, at=now, verb=verb, by=by, by_name=name, note=note.strip(), facts=facts or {}
    )
    for hear in AFTER_STEP:
        hear(check, event)
    return event
