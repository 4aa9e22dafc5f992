"""Proposed limits on past tracks beside those in force (回测): what would have been found, before anything is saved.

Both rules run in one engine over some vehicles at a time, day after day; each piece is one task of a few seconds, so
that nothing else waits long, a cancelled test stops at the next piece, and memory holds one piece. Rows of limits count
as if they had been in force all the time: the question is how today's limits and the proposed ones differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zlib import crc32

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from datacenter.accounts import audit
from datacenter.accounts.models import User
from datacenter.accounts.scope import Scope, scope_of
from datacenter.cases import territory
from datacenter.detection.batch import Context
from datacenter.detection.catalogue import detectors
from datacenter.detection.episodes import Engine, Episode
from datacenter.detection.errors import BacktestUnderWay, LimitsRefused
from datacenter.detection.findings import county_of, measures_of
from datacenter.detection.models import Backtest, DetectorLimit, DetectorSetting, Mode
from datacenter.detection.rules import EVER, Rule
from datacenter.detection.settings import limit_rows, require_city
from datacenter.detection.workflow import NOTICE, check_limit
from datacenter.registry.models import Vehicle
from datacenter.tracks import store

# A piece holds about so many positions, at ten seconds each.
_PIECE_POSITIONS = 600_000
_PER_DAY = 8640
# What began before the span is not the span's: read from so long before it, its beginning is seen.
_LEAD_IN = timedelta(hours=4)
_SAMPLES = 20
# A test without progress for so long was lost with its worker.
_LOST_AFTER = timedelta(minutes=10)
_FACTS = ("vehicle_kind", "county_id", "company_id", "area_id", "weekdays", "overrides", "mode", "source", "note")
_CLOCKS = ("time_from", "time_until")


def proposal_of(row: DetectorLimit) -> dict[str, Any]:
    """An unsaved row as JSON keeps it."""
    clocks = {name: value.isoformat() if (value := getattr(row, name)) else None for name in _CLOCKS}
    return {name: getattr(row, name) for name in _FACTS} | clocks


def proposed_row(test: Backtest) -> DetectorLimit:
    """The row that a test tries, not saved."""
    given = dict(test.proposal)
    for name in _CLOCKS:
        given[name] = time.fromisoformat(given[name]) if given[name] else None
    return DetectorLimit(detector=test.detector, replaces=test.replaces, **given)


def begin_backtest(
    row: DetectorLimit,
    *,
    since: datetime,
    until: datetime,
    by: Any,
    replaces: DetectorLimit | None = None,
    request: HttpRequest | None = None,
) -> Backtest:
    """Ask for a test of ``row``, not saved, over a past span (提交回测).

    Raises ``LimitsRefused``, ``BacktestUnderWay``.
    """
    require_city(by)
    row.replaces = replaces
    if not check_limit(row).by_position:
        raise LimitsRefused("detector", f"规则 {row.detector} 由终端报警判定，不能用历史轨迹回测，可先试运行")
    now = timezone.now()
    if not since < until <= now:
        raise LimitsRefused("until", f"回测时段 {since:%Y-%m-%d} 至 {until:%Y-%m-%d} 应在过去，止晚于起")
    scope = scope_of(by)
    with transaction.atomic():
        # Locked, so that two windows of one officer don't begin two.
        User.objects.select_for_update().get(pk=by.pk)
        mine = Backtest.objects.filter(created_by=by, state__in=Backtest.UNDER_WAY)
        mine.filter(touched_at__lt=now - _LOST_AFTER).update(state=Backtest.State.FAILED, error="中断：后台未继续")
        if other := mine.first():
            raise BacktestUnderWay(backtest=other.pk)
        test = Backtest.objects.create(
            detector=row.detector,
            proposal=proposal_of(row),
            replaces=replaces,
            since=since,
            until=until,
            scope_level=scope.level,
            scope_id=scope.id,
            created_by=by,
        )
        audit.record(request, "detector.backtest", row.detector, user=by, backtest=test.pk, overrides=row.overrides)
    return test


def cancel_backtest(test: Backtest, *, by: Any) -> None:
    """Stop a test at its next piece (取消回测); one that is over stays as it is."""
    require_city(by)
    Backtest.objects.filter(pk=test.pk, state__in=Backtest.UNDER_WAY).update(
        state=Backtest.State.CANCELLED, touched_at=timezone.now()
    )


def advance(test: Backtest, context: Context) -> bool:
    """Reckon the next piece of a test; whether there is more. What a cancelled one found meanwhile is dropped."""
    fleet, before = _fleet(test), test.last_vehicle
    if test.state == Backtest.State.WAITING:
        test.vehicles = fleet.count()
    days = max(1, (test.until - test.since + _LEAD_IN).days)
    ahead = list(fleet.filter(pk__gt=test.last_vehicle).order_by("pk")[: max(1, _PIECE_POSITIONS // _PER_DAY // days)])
    if ahead:
        episodes, positions = _episodes(test, [vehicle.pk for vehicle in ahead], context)
        _count(test, episodes, {vehicle.pk: vehicle for vehicle in ahead}, territory.in_force())
        test.last_vehicle = ahead[-1].pk
        test.vehicles_done += len(ahead)
        test.positions += positions
    more = test.vehicles_done < test.vehicles and bool(ahead)
    names = ("vehicles", "last_vehicle", "vehicles_done", "positions", "counts", "samples")
    going_on = Backtest.objects.filter(pk=test.pk, state__in=Backtest.UNDER_WAY, last_vehicle=before)
    kept = going_on.update(
        state=Backtest.State.RUNNING if more else Backtest.State.DONE,
        touched_at=timezone.now(),
        **{name: getattr(test, name) for name in names},
    )
    return more and bool(kept)


def fail(test: Backtest, error: str) -> None:
    """A test that can't go on (回测失败), and why."""
    Backtest.objects.filter(pk=test.pk, state__in=Backtest.UNDER_WAY).update(
        state=Backtest.State.FAILED, error=error[:300], touched_at=timezone.now()
    )


def _fleet(test: Backtest) -> QuerySet[Vehicle]:
    """The vehicles that the proposed row, or the one that it replaces, is for: of all others nothing changes."""
    concerned: Q | None = Q(pk__in=[])
    for row in filter(None, (proposed_row(test), test.replaces)):
        facts = {"kind": row.vehicle_kind, "county_id": row.county_id, "company_id": row.company_id}
        said = {name: value for name, value in facts.items() if value}
        concerned = concerned | Q(**said) if said and concerned is not None else None
    vehicles = Vehicle.objects.all() if concerned is None else Vehicle.objects.filter(concerned)
    scope = Scope(test.scope_level, test.scope_id)  # type: ignore[arg-type]
    return scope.limit(vehicles, vehicle="pk").select_related("company")


def rules_of(test: Backtest, now: datetime) -> tuple[Rule, Rule]:
    """The rule in force at ``now`` and the proposed one, both as if they had been in force for ever."""
    detector = detectors()[test.detector]
    base = DetectorSetting.objects.get(pk=test.detector).limits
    rows = DetectorLimit.objects.filter(detector=test.detector, mode=Mode.IN_FORCE, valid_from__lte=now + NOTICE)
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now)).select_related("area").order_by("pk")
    current = [replace(row, valid_from=0, valid_until=EVER) for row in limit_rows(detector, base, rows)]
    (added,) = limit_rows(detector, base, [proposed_row(test)])
    kept = [row for row in current if row.id != test.replaces_id]
    limits, measures = detector.parse_limits(base), detector.measures()
    new = Rule(detector, limits, measures, (*kept, replace(added, shadow=False)), shadow=True)
    return Rule(detector, limits, measures, tuple(current)), new


def _episodes(test: Backtest, vehicles: list[int], context: Context) -> tuple[dict[str, list[Episode]], int]:
    """What the two rules find that begins in the span: under "old" and "new"; and how many positions there were."""
    old, new = rules_of(test, timezone.now())
    engine = Engine([old, new])
    told: dict[tuple[str, int, int], Episode] = {}
    count = 0
    for start, end in _days(test.since - _LEAD_IN, test.until):
        positions = store.of_many(vehicles, start, end)
        count += len(positions)
        episodes, faults = engine.process(positions, context)
        for fault in faults.values():
            raise fault
        told |= {(e.detector, e.vehicle_id, e.started): e for e in episodes}
    for episode in engine.tick(int(test.until.timestamp()), context):
        told[episode.detector, episode.vehicle_id, episode.started] = episode
    first, last = test.since.timestamp(), test.until.timestamp()
    found = [e for e in told.values() if first <= e.started < last and not e.withdrawn]
    by_key = {name: [e for e in found if e.detector == rule.key] for name, rule in (("old", old), ("new", new))}
    return by_key, count


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        yield start, min(start + timedelta(days=1), end)
        start += timedelta(days=1)


def _count(
    test: Backtest, episodes: dict[str, list[Episode]], vehicles: dict[int, Vehicle], law: territory.Law
) -> None:
    """Add to the test's figures by day and county, and to its samples of what appears and what vanishes."""
    detector = detectors()[test.detector]
    for which, found in episodes.items():
        for episode in found:
            day = _day(episode.started).isoformat()
            county = county_of(detector, episode, vehicles[episode.vehicle_id], law).county_id or ""
            figures = test.counts.setdefault(day, {}).setdefault(county, {"old": 0, "new": 0})
            figures[which] += 1
    for name, these, those in (("appear", "new", "old"), ("vanish", "old", "new")):
        single = _without_twin(episodes[these], episodes[those])
        entries = [*test.samples.get(name, []), *(_sample(episode) for episode in single)]
        test.samples[name] = sorted(entries, key=lambda entry: entry["draw"])[:_SAMPLES]


def _without_twin(these: list[Episode], those: list[Episode]) -> list[Episode]:
    """Episodes that share time with none of ``those`` of the same vehicle."""
    spans: dict[int, list[Episode]] = {}
    for other in those:
        spans.setdefault(other.vehicle_id, []).append(other)
    return [
        e
        for e in these
        if not any(
            o.started == e.started or (o.started < e.ended and o.ended > e.started) for o in spans.get(e.vehicle_id, [])
        )
    ]


def _sample(episode: Episode) -> dict[str, Any]:
    """One episode to look at; ``draw`` decides evenly and repeatably which of many are kept."""
    return {
        "draw": crc32(f"{episode.vehicle_id}-{episode.started}".encode()),
        "vehicle": episode.vehicle_id,
        "started": episode.started,
        "ended": episode.ended,
        "measures": measures_of(episode),
    }


def _day(unix_s: int) -> date:
    return store.day_of(unix_s)
