"""Reads of the screening desk (排查查询): the queue, history, what answers say about reviewers and detectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.detection.models import DetectorSetting, Finding, Violation
from datacenter.detection.selectors import findings_visible_to
from datacenter.media.models import MediaFile
from datacenter.media.selectors import files_of
from datacenter.screening.models import Review, ReviewItem
from datacenter.screening.pairs import Agreement, agreement_of

ORDER = ("-awaits_case", "-score", "created_at", "pk")
"""What holds up a case first, then by score, the oldest first."""
QUEUE_SHOWN = 50
HISTORY = timedelta(days=90)
STRIP = 24
_OPEN = (ReviewItem.State.WAITING, ReviewItem.State.DISPUTED)


def items_visible_to(user: Any) -> QuerySet[ReviewItem]:
    """Items inside the user's scope; companies have no desk and see none."""
    scope = scope_of(user)
    return scope.limit(ReviewItem.objects.all()) if scope.level in ("city", "county") else ReviewItem.objects.none()


def open_to(user: Any, now: datetime) -> QuerySet[ReviewItem]:
    """Items that ``user`` may be given: open, free or their own, and not answered or skipped by them before."""
    states = _OPEN if user.may("screening.decide") else _OPEN[:1]
    answered = Review.objects.filter(item=OuterRef("pk"), by=user)
    free = Q(leased_by=None) | Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_by=user)
    return items_visible_to(user).filter(free, state__in=states).exclude(Exists(answered))


def queue_for(user: Any, now: datetime) -> list[ReviewItem]:
    """The head of the queue as ``user`` sees it, with who holds what; never what a first reviewer said."""
    states = _OPEN if user.may("screening.decide") else _OPEN[:1]
    mine = Review.objects.filter(item=OuterRef("pk"), by=user)
    rows = items_visible_to(user).filter(state__in=states).exclude(Exists(mine.exclude(answer=Review.Answer.SKIPPED)))
    rows = rows.annotate(skipped=Exists(mine)).select_related("finding", "leased_by").defer("finding__evidence")
    found = list(rows.order_by(*ORDER)[:QUEUE_SHOWN])
    for item in found:
        item.held = bool(  # type: ignore[attr-defined]
            item.leased_by_id and item.leased_by_id != user.pk and item.leased_until and item.leased_until > now
        )
    return found


def waiting_for(user: Any) -> int:
    """How many items wait inside the user's scope."""
    return items_visible_to(user).filter(state__in=_OPEN).count()


def strip_of(item: ReviewItem, user: Any) -> list[MediaFile]:
    """Pictures and clips that told of the finding, and the vehicle's around it, by the time they show."""
    rows = files_of(item.finding, user)
    rows = rows.filter(kind__in=(MediaFile.Kind.IMAGE, MediaFile.Kind.VIDEO, MediaFile.Kind.AUDIO))
    return sorted(rows[:STRIP], key=lambda file: (file.device_time or file.received_at, file.pk))


@dataclass(frozen=True, slots=True)
class PastOf:
    """What is known of a vehicle and who drove it, of the last 90 days."""

    findings: list[Finding]
    kinds: list[dict[str, Any]]
    violations: int
    driver_items: int
    driver_confirmed: int


def past_of(item: ReviewItem, user: Any, now: datetime) -> PastOf:
    """History (近 90 天) inside the user's scope."""
    since = now - HISTORY
    rows = findings_visible_to(user).filter(vehicle_id=item.vehicle_id, started_at__gte=since)
    rows = rows.exclude(pk=item.finding_id)
    on_record = scope_of(user).limit(
        Violation.objects.filter(vehicle_id=item.vehicle_id, confirmed_at__gte=since, revoked_at=None)
    )
    driver = {"all": 0, "confirmed": 0}
    if item.practitioner_id:
        theirs = items_visible_to(user).filter(practitioner_id=item.practitioner_id, created_at__gte=since)
        driver = theirs.exclude(pk=item.pk).aggregate(
            all=Count("pk"), confirmed=Count("pk", filter=Q(state=ReviewItem.State.CONFIRMED))
        )
    return PastOf(
        findings=list(rows.defer("evidence")[:8]),
        kinds=list(rows.order_by().values("title").annotate(count=Count("pk")).order_by("-count", "title")[:6]),
        violations=on_record.count(),
        driver_items=driver["all"],
        driver_confirmed=driver["confirmed"],
    )


def _reviews_visible_to(user: Any) -> QuerySet[Review]:
    return Review.objects.filter(item__in=items_visible_to(user))


@dataclass(frozen=True, slots=True)
class Pace:
    """What one reviewer did: answers, and how many an hour at that rate; None without answers."""

    answers: int
    confirmed: int
    seconds: int

    @property
    def an_hour(self) -> int | None:
        """Answers an hour of looking."""
        return round(3600 * self.answers / max(self.seconds, 1)) if self.answers else None


def pace_today(user: Any, now: datetime) -> Pace:
    """The user's own answers since midnight; what was skipped is no answer."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Review.objects.filter(by=user, at__gte=midnight).exclude(answer=Review.Answer.SKIPPED)
    done = rows.aggregate(
        n=Count("pk"), yes=Count("pk", filter=Q(answer=Review.Answer.CONFIRMED)), seconds=Sum("seconds")
    )
    return Pace(done["n"], done["yes"], done["seconds"] or 0)


def paces(user: Any, since: datetime) -> list[dict[str, Any]]:
    """Each reviewer inside the user's scope, the busiest first."""
    rows = _reviews_visible_to(user).filter(at__gte=since).exclude(answer=Review.Answer.SKIPPED)
    grouped = rows.order_by().values("by_id", "by__display_name", "by__unit__name").annotate(
        n=Count("pk"), yes=Count("pk", filter=Q(answer=Review.Answer.CONFIRMED)), seconds=Sum("seconds")
    )  # fmt: skip
    return [
        {
            "name": row["by__display_name"],
            "unit": row["by__unit__name"],
            "pace": Pace(row["n"], row["yes"], row["seconds"] or 0),
        }
        for row in grouped.order_by("-n", "by_id")[:100]
    ]


def agreement_for(user: Any, since: datetime) -> Agreement:
    """How far the blind pairs complete since then agree, inside the user's scope."""
    answers: dict[int, list[bool]] = {}
    rows = _reviews_visible_to(user).filter(blind=True, at__gte=since).exclude(answer=Review.Answer.SKIPPED)
    for item_id, answer in rows.order_by("at", "pk").values_list("item_id", "answer"):
        answers.setdefault(item_id, []).append(answer == Review.Answer.CONFIRMED)
    return agreement_of((pair[0], pair[1]) for pair in answers.values() if len(pair) == 2)


@dataclass(frozen=True, slots=True)
class Precision:
    """How many of a detector's findings held when somebody looked (准确率)."""

    confirmed: int = 0
    rejected: int = 0

    @property
    def share(self) -> float | None:
        """Confirmed of all settled; None where none is."""
        settled = self.confirmed + self.rejected
        return self.confirmed / settled if settled else None

    @property
    def percent(self) -> float | None:
        """The same in hundredths."""
        return None if self.share is None else 100 * self.share


def precision_of(detectors: Iterable[str], days: int, *, now: datetime | None = None) -> dict[str, Precision]:
    """Each detector's figure over the last ``days``, inside PostgreSQL's scope; one query for all of them."""
    wanted = list(detectors)
    since = (now or timezone.now()) - timedelta(days=days)
    rows = ReviewItem.objects.filter(detector__in=wanted, settled_at__gte=since).order_by().values("detector")
    rows = rows.annotate(
        yes=Count("pk", filter=Q(state=ReviewItem.State.CONFIRMED)),
        no=Count("pk", filter=Q(state=ReviewItem.State.REJECTED)),
    )
    found = {row["detector"]: Precision(row["yes"], row["no"]) for row in rows}
    return {code: found.get(code, Precision()) for code in wanted}


def detector_figures(user: Any, days: int, now: datetime) -> list[dict[str, Any]]:
    """Every detector with its precision, why it was rejected, and what waits; inside the user's scope."""
    since = now - timedelta(days=days)
    settings = list(DetectorSetting.objects.order_by("title"))
    visible = items_visible_to(user)
    settled = {
        row["detector"]: Precision(row["yes"], row["no"])
        for row in visible.filter(settled_at__gte=since).order_by().values("detector").annotate(
            yes=Count("pk", filter=Q(state=ReviewItem.State.CONFIRMED)),
            no=Count("pk", filter=Q(state=ReviewItem.State.REJECTED)),
        )
    }  # fmt: skip
    waiting = dict(
        visible.filter(state__in=_OPEN).order_by().values_list("detector").annotate(n=Count("pk")).values_list(
            "detector", "n"
        )
    )  # fmt: skip
    reasons: dict[str, list[str]] = {}
    rejections = _reviews_visible_to(user).filter(at__gte=since, answer=Review.Answer.REJECTED)
    counted = rejections.order_by().values_list("item__detector", "reason").annotate(n=Count("pk")).order_by("-n")
    for code, reason, n in counted:
        reasons.setdefault(code, []).append(f"{Review.Reason(reason).label} {n}")
    return [
        {
            "setting": row,
            "precision": settled.get(row.pk, Precision()),
            "waiting": waiting.get(row.pk, 0),
            "reasons": "，".join(reasons.get(row.pk, ())),
        }
        for row in settings
    ]
