"""The verbs of the screening desk (远程排查): take, confirm, reject, skip, release; and what comes of an answer.

Two reviewers never hold one item: taking locks its row and passes over what others have locked, and a lease keeps it
for its time. Whoever closes the browser loses nothing: the lease ends by itself, and who comes back in time goes on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.cases import blocks
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.workflow import Subject
from datacenter.detection import findings
from datacenter.detection.findings import Opening
from datacenter.detection.models import DetectorSetting, Finding
from datacenter.media.models import MediaFile
from datacenter.media.selectors import media_visible_to
from datacenter.registry.models import Vehicle
from datacenter.screening.errors import (
    AnsweredBefore,
    AnswerRefused,
    CaseElsewhere,
    ItemNotFound,
    ItemSettled,
    ItemTaken,
)
from datacenter.screening.models import Review, ReviewItem, ScreeningSetting
from datacenter.screening.pairs import is_paired
from datacenter.screening.score import score_of
from datacenter.screening.selectors import ORDER, items_visible_to, open_to

_AGREED = "局内约定，待局方确认"
_SETTINGS = (
    ("blind_share_percent", "双人盲评比例", 5, "%"),
    ("blind_seed", "双人盲评抽样种子", 20261125, ""),
    ("lease_s", "单条占用时限", 300, "s"),
)
_MOST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that a reviewer marked: of the track or a picture (``at``), or so far into a clip."""

    at: datetime | None = None
    file_id: int | None = None
    offset_ms: int | None = None


def enter_settings(**_: Any) -> None:
    """Give each figure of the desk its row; rows that are there keep what an officer set."""
    for code, title, value, unit in _SETTINGS:
        ScreeningSetting.objects.get_or_create(
            code=code, defaults={"title": title, "value": value, "unit": unit, "source": _AGREED}
        )


def setting(code: str) -> int:
    """A figure of the desk as it stands."""
    row = ScreeningSetting.objects.filter(pk=code).values_list("value", flat=True).first()
    return next(value for name, _, value, _ in _SETTINGS if name == code) if row is None else row


def register() -> None:
    """Hear of findings."""
    if enqueue not in findings.FOUND:
        findings.FOUND.append(enqueue)
        findings.CHANGED.append(follow)
        blocks.register_kinds(lambda: [(LIVE, "实时排查")])


def enqueue(finding: Finding, opening: Opening) -> ReviewItem:
    """A finding waits to be looked at (进入待排查); its case too, where its detector says so."""
    subject = opening.subject
    paired = is_paired(finding.pk, setting("blind_share_percent"), setting("blind_seed"))
    return ReviewItem.objects.create(
        finding=finding,
        detector=finding.detector,
        vehicle_id=finding.vehicle_id,
        company_id=finding.company_id,
        county_id=finding.county_id,
        practitioner_id=opening.practitioner_id,
        plate=subject.plate,
        plate_colour=subject.plate_colour,
        industry=subject.industry,
        company_name=subject.company_name,
        driver_name=subject.driver_name,
        county_rule=opening.county_rule,
        boundary_unconfirmed=opening.boundary_unconfirmed,
        awaits_case=finding.case_id is None,
        score=score_of(finding.measures, finding.limits, subject.industry),
        reviews_wanted=2 if paired else 1,
    )


def follow(finding: Finding) -> None:
    """A finding that has ended is scored by all of it; one that is superseded needs no look any more."""
    waiting = ReviewItem.objects.filter(
        finding=finding, state__in=(ReviewItem.State.WAITING, ReviewItem.State.DISPUTED)
    )
    if finding.state == Finding.State.SUPERSEDED:
        waiting.update(state=ReviewItem.State.WITHDRAWN, settled_at=timezone.now(), leased_by=None, leased_until=None)
        return
    for item in waiting.only("industry"):
        waiting.update(score=score_of(finding.measures, finding.limits, item.industry))


def take_next(user: Any, *, besides: Collection[int] = (), now: datetime | None = None) -> ReviewItem | None:
    """The item to look at next, leased to ``user`` (取下一条): what ``user`` holds, else the first in the queue.

    ``besides`` are items that are on the screen. None where nothing waits that others do not hold.
    """
    require(user, "screening.review")
    now = now or timezone.now()
    with transaction.atomic():
        rows = open_to(user, now).exclude(pk__in=besides).select_for_update(of=("self",), skip_locked=True)
        held = rows.filter(leased_by=user, leased_until__gt=now).order_by("leased_at", "pk").first()
        item = held or rows.order_by(*ORDER).first()
        return _lease(item, user, now, held is not None) if item else None


def take(pk: int, *, by: Any, now: datetime | None = None) -> ReviewItem:
    """One item by choice. Raises ``ItemNotFound``, ``ItemSettled``, ``ItemTaken``, ``AnsweredBefore``."""
    require(by, "screening.review")
    now = now or timezone.now()
    with transaction.atomic():
        item = _locked(pk, by)
        if item.leased_by_id not in (None, by.pk) and item.leased_until is not None and item.leased_until > now:
            raise ItemTaken(pk=pk)
        return _lease(item, by, now, item.leased_by_id == by.pk)


def release(pk: int, *, by: Any) -> None:
    """Give an item back unanswered (放回). What somebody else holds by now stays theirs."""
    require(by, "screening.review")
    items_visible_to(by).filter(pk=pk, leased_by=by).update(leased_by=None, leased_at=None, leased_until=None)


def confirm(pk: int, *, by: Any, mark: Mark = Mark(), note: str = "", now: datetime | None = None) -> ReviewItem:
    """It is as the detector says (确认): the case opens, or its file says so."""
    return _answer(pk, Review.Answer.CONFIRMED, by=by, mark=mark, note=note, now=now)


def reject(
    pk: int, *, by: Any, reason: str, note: str = "", mark: Mark = Mark(), now: datetime | None = None
) -> ReviewItem:
    """It is not (排除), for one of the reasons; 其他 needs a note. Raises ``AnswerRefused`` naming what is missing."""
    if reason not in Review.Reason.values:
        raise AnswerRefused("reason", "请选择排除原因")
    if reason == Review.Reason.OTHER and not note.strip():
        raise AnswerRefused("note", "选择“其他”时请填写备注")
    return _answer(pk, Review.Answer.REJECTED, by=by, reason=reason, note=note, mark=mark, now=now)


def skip(pk: int, *, by: Any, now: datetime | None = None) -> ReviewItem:
    """Somebody else should say (略过): it goes back into the queue, and does not come to ``by`` again by itself."""
    return _answer(pk, Review.Answer.SKIPPED, by=by, now=now)


def mark_live(vehicle: Vehicle, *, by: Any, kind: DetectorSetting, at: datetime, note: str) -> Finding:
    """What an officer saw while looking (实时排查) becomes a finding with its moment and track, and a case at once.

    ``kind`` is the detector's setting whose title and clause it goes by. Raises ``AnswerRefused``.
    """
    require(by, "screening.review")
    if not note.strip():
        raise AnswerRefused("note", "请填写看到的情况")
    if at > timezone.now() + timedelta(minutes=1):
        raise AnswerRefused("at", "时刻不能晚于现在")
    finding = Finding(
        detector=LIVE,
        title=kind.title,
        vehicle=vehicle,
        company_id=vehicle.company_id,
        county_id=vehicle.county_id,
        state=Finding.State.ENDED,
        started_at=at,
        ended_at=at,
        source=kind.source,
        evidence=findings.track_slice(vehicle.pk, at, at),
    )
    opening = findings.opening_of(vehicle, at, "按车籍地")
    with transaction.atomic():
        facts = {"kind": kind.pk, "note": note.strip(), "marked_at": at.isoformat()}
        finding.case = findings.open_case_for(finding, opening, by=by, origin=Case.Origin.SCREENING, facts=facts)
        finding.save()
        cases.note_on_case(finding.case, note=f"实时排查：{note.strip()}", facts=facts, by=by)
    return finding


LIVE = "screening.live"
"""The kind of case that an officer's own look opens."""


def _answer(
    pk: int, answer: str, *, by: Any, reason: str = "", note: str = "", mark: Mark = Mark(), now: datetime | None = None
) -> ReviewItem:
    require(by, "screening.review")
    now = now or timezone.now()
    with transaction.atomic():
        item = _locked(pk, by)
        if item.leased_by_id != by.pk:
            raise ItemTaken(pk=pk)
        deciding = item.state == ReviewItem.State.DISPUTED
        review = Review.objects.create(
            item=item,
            by=by,
            at=now,
            answer=answer,
            reason=reason,
            note=note.strip()[:300],
            seconds=_seconds(item, by, now),
            marked_at=mark.at,
            marked_file=_marked_file(mark, item, by),
            marked_offset_ms=mark.offset_ms,
            blind=item.reviews_wanted > 1 and not deciding,
            deciding=deciding,
        )
        item.leased_by = item.leased_at = item.leased_until = None
        if answer != Review.Answer.SKIPPED:
            _weigh(item, review)
        item.save()
    return item


def _weigh(item: ReviewItem, review: Review) -> None:
    """Whether an answer is enough: of a pair both are heard first, and where they differ a third decides."""
    answers = list(
        item.reviews.filter(deciding=False).exclude(answer=Review.Answer.SKIPPED).values_list("answer", flat=True)
    )
    if not review.deciding and len(answers) < item.reviews_wanted:
        return
    if not review.deciding and len(set(answers)) > 1:
        item.state = ReviewItem.State.DISPUTED
        return
    item.state, item.settled_at = ReviewItem.State(review.answer), review.at
    _carry_out(item, review)


def _carry_out(item: ReviewItem, review: Review) -> None:
    finding = Finding.objects.select_for_update(of=("self",)).get(pk=item.finding_id)
    facts = {"finding": finding.pk, "review": review.pk, "marked_at": review.marked_at and review.marked_at.isoformat()}
    confirmed = review.answer == Review.Answer.CONFIRMED
    if finding.case_id is None:
        if confirmed:
            finding.case = findings.open_case_for(finding, _opening(item), by=review.by, facts=facts)
            finding.save(update_fields=["case"])
        return
    case = cases_visible_to(review.by).filter(pk=finding.case_id).first()
    if case is None:
        raise CaseElsewhere(pk=item.pk)
    said = "确认属实" if confirmed else f"不成立（{review.get_reason_display()}），建议查证后以“不属实”办结"
    proposal = {} if confirmed else {"reason": review.reason, "proposed_outcome": str(Case.Outcome.UNFOUNDED)}
    words = "；".join(filter(None, (f"远程排查{said}", review.note)))
    cases.note_on_case(case, note=words, facts={**facts, **proposal}, by=review.by)


def _opening(item: ReviewItem) -> Opening:
    """Whom the case is about, as the item kept it."""
    subject = Subject(
        vehicle_id=item.vehicle_id,
        plate=item.plate,
        plate_colour=item.plate_colour,
        industry=item.industry,
        company_id=item.company_id,
        company_name=item.company_name,
        driver_name=item.driver_name,
    )
    return Opening(subject, item.county_rule, item.boundary_unconfirmed, item.practitioner_id)


def _locked(pk: int, by: Any) -> ReviewItem:
    """The item with its row locked, if ``by`` may see it and may still answer it."""
    item = items_visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
    if item is None:
        raise ItemNotFound(pk=pk)
    if not item.is_open:
        raise ItemSettled(pk, item.get_state_display())
    if item.state == ReviewItem.State.DISPUTED:
        require(by, "screening.decide")
    if item.reviews.filter(by=by).exclude(answer=Review.Answer.SKIPPED).exists():
        raise AnsweredBefore(pk=pk)
    return item


def _lease(item: ReviewItem, user: Any, now: datetime, going_on: bool) -> ReviewItem:
    item.leased_by, item.leased_until = user, now + timedelta(seconds=setting("lease_s"))
    item.leased_at = item.leased_at if going_on and item.leased_at else now
    item.save(update_fields=["leased_by", "leased_at", "leased_until"])
    return item


def _seconds(item: ReviewItem, by: Any, now: datetime) -> int:
    """How long it took: since it was taken, or since the answer before where it was fetched ahead of its turn."""
    last = Review.objects.filter(by=by, at__lte=now).order_by("-at").values_list("at", flat=True).first()
    begun = max(filter(None, (item.leased_at, last)), default=now)
    return min(_MOST_SECONDS, max(0, round((now - begun).total_seconds())))


def _marked_file(mark: Mark, item: ReviewItem, by: Any) -> MediaFile | None:
    if mark.file_id is None:
        return None
    file = media_visible_to(by).filter(pk=mark.file_id, vehicle_id=item.vehicle_id).first()
    if file is None:
        raise AnswerRefused("marked_file", "标记的影像不属于这辆车")
    return file
