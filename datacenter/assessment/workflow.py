"""The verbs of a month (考核): compute, object, decide, correct, publish; and how its rules change.

Whoever objects keeps the figure as it is until the city has decided. Publishing freezes: what is wrong after that is
corrected beside the frozen figure, never in it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.assessment import catalogue, compute, formulas
from datacenter.assessment.catalogue import Figure, Indicator
from datacenter.assessment.city import require_city
from datacenter.assessment.errors import AlreadyDone, FieldRefused, NotToPublish, SubjectNotFound
from datacenter.assessment.models import AssessmentMonth, Correction, IndicatorRule, Objection, Score, Standing
from datacenter.assessment.models.subjects import Axis
from datacenter.assessment.selectors import objections_visible_to, score_for, standing_for

_SUBJECT = ("kind", "subject", "name", "county_id", "company_id")


def recompute(first_day: date, *, by: Any, now: datetime | None = None) -> AssessmentMonth:
    """Compute a draft anew, or a month for the first time (重新计算). Raises ``MonthFrozen``, ``SubjectNotFound``."""
    require_city(by, "assessment.change")
    if first_day > timezone.localdate(now):
        raise SubjectNotFound(month=first_day)
    return compute.compute(first_day, now=now)


# --- objections and corrections -------------------------------------------------------------------------------------
def object_to(month: AssessmentMonth, kind: str, subject: str, indicator: str, *, reason: str, by: Any) -> Objection:
    """Hold something against a figure (申诉). Raises ``SubjectNotFound``, ``FieldRefused``, ``AlreadyDone``."""
    require(by, "assessment.view")
    score = score_for(by, month, kind, subject, indicator)
    if not reason.strip():
        raise FieldRefused("reason", "请填写申诉理由")
    facts = {name: getattr(score, name) for name in _SUBJECT}
    try:
        with transaction.atomic():
            return Objection.objects.create(
                month=month, indicator=indicator, title=score.rule.title, reason=reason.strip()[:1000], asked_by=by,
                **facts,
            )  # fmt: skip
    except IntegrityError:  # one is open
        raise AlreadyDone("这一指标已有待处理的申诉", indicator=indicator) from None


@dataclass(frozen=True, slots=True)
class Corrected:
    """The figure as it should be."""

    numerator: float
    denominator: float | None


def uphold(pk: int, *, figure: Corrected, note: str, by: Any) -> Objection:
    """The objection is right (成立): the figure is corrected. Raises ``AlreadyDone``, ``FieldRefused``."""
    return _decide(pk, Objection.State.UPHELD, note, by, figure)


def reject(pk: int, *, note: str, by: Any) -> Objection:
    """The objection is not right (不成立), with the reason."""
    return _decide(pk, Objection.State.REJECTED, note, by, None)


def _decide(pk: int, state: Objection.State, note: str, by: Any, figure: Corrected | None) -> Objection:
    require_city(by, "assessment.change")
    with transaction.atomic():
        row = objections_visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise SubjectNotFound(pk=pk)
        if not note.strip():
            raise FieldRefused("note", "请填写处理意见")
        if row.state != Objection.State.OPEN:
            raise AlreadyDone(pk=pk)
        if figure is not None:
            row.correction = correct(
                row.month, row.kind, row.subject, row.indicator, figure=figure, reason=note.strip(), by=by
            )
        row.state, row.note = state, note.strip()[:500]
        row.decided_at, row.decided_by = timezone.now(), by
        row.save()
    return row


def correct(
    month: AssessmentMonth, kind: str, subject: str, indicator: str, *, figure: Corrected, reason: str, by: Any
) -> Correction:
    """Put a figure right (更正): in a draft at once, of a published month as a row beside it."""
    require_city(by, "assessment.change")
    if not reason.strip():
        raise FieldRefused("reason", "请填写更正理由")
    with transaction.atomic():
        month = AssessmentMonth.objects.select_for_update().get(pk=month.pk)
        score = score_for(by, month, kind, subject, indicator)
        standing = standing_for(by, month, kind, subject)
        known = catalogue.get(indicator)
        if known is None:
            raise FieldRefused("indicator", "没有程序包提供这一指标，不能更正")
        right = _figure(known, figure)
        value = known.value(right)
        points = None if value is None else compute.score_by(score.rule, known, value)
        scores = _as_corrected(month, kind, subject)
        before = compute.totals(scores, *_sides(month, kind))["total"]
        for one in scores:
            if one.indicator == indicator:
                one.score = points
        totals = compute.totals(scores, *_sides(month, kind))
        correction = Correction.objects.create(
            month=month, indicator=indicator, was_numerator=score.numerator, was_denominator=score.denominator,
            was_score=score.score, was_total=before if month.frozen else standing.total, numerator=right.numerator,
            denominator=right.denominator, score=points, total=totals["total"], after_publication=month.frozen,
            reason=reason.strip()[:500], by=by, **{name: getattr(score, name) for name in _SUBJECT},
        )  # fmt: skip
        if not month.frozen:
            Score.objects.filter(pk=score.pk).update(
                numerator=right.numerator, denominator=right.denominator, value=value, score=points, corrected=True
            )
            Standing.objects.filter(pk=standing.pk).update(**totals)
            compute.rank(month, kind)
    return correction


def _figure(indicator: Indicator, figure: Corrected) -> Figure:
    if figure.numerator < 0:
        raise FieldRefused("numerator", "不能为负数")
    if not indicator.parts[1]:
        return Figure(figure.numerator)
    if figure.denominator is None or figure.denominator < 0:
        raise FieldRefused("denominator", f"请填写{indicator.parts[1]}")
    return Figure(figure.numerator, figure.denominator)


def _as_corrected(month: AssessmentMonth, kind: str, subject: str) -> list[Score]:
    """The scores of a subject with what was corrected before, not to be saved."""
    scores = list(Score.objects.filter(month=month, kind=kind, subject=subject))
    rows = Correction.objects.filter(month=month, kind=kind, subject=subject).order_by("at", "pk")
    newest = {row.indicator: row.score for row in rows}
    for one in scores:
        if one.indicator in newest:
            one.score = newest[one.indicator]
    return scores


def _sides(month: AssessmentMonth, kind: str) -> tuple[dict[str, Axis], float]:
    """Sides and weights by the rules of the month, as frozen where it is."""
    if month.frozen:
        rules = [rule for rule in month.rules if rule["kind"] == kind]
        return {rule["indicator"]: Axis(rule["axis"]) for rule in rules}, float(sum(rule["weight"] for rule in rules))
    return compute.sides(rule for rule in compute.rules_in_force(month.first_day) if rule.kind == kind)


# --- publishing -----------------------------------------------------------------------------------------------------
def what_stands_in_the_way(month: AssessmentMonth, now: datetime | None = None) -> list[str]:
    """Why a month can't be published yet; empty where it can."""
    reasons = []
    if month.frozen:
        reasons.append("该月已公布")
    if not catalogue.month_of(month.first_day, now=now).over:
        reasons.append("该月尚未结束")
    if month.computed_at is None:
        reasons.append("该月尚未计算")
    waiting = month.objections.filter(state=Objection.State.OPEN).count()
    if waiting:
        reasons.append(f"还有 {waiting} 件申诉待处理")
    return reasons


def publish(month: AssessmentMonth, *, by: Any, now: datetime | None = None) -> AssessmentMonth:
    """Publish and freeze a month (公布): from here on nothing of it changes. Raises ``NotToPublish``."""
    require_city(by, "assessment.publish")
    now = now or timezone.now()
    with transaction.atomic():
        month = AssessmentMonth.objects.select_for_update().get(pk=month.pk)
        if reasons := what_stands_in_the_way(month, now):
            raise NotToPublish("不能公布：" + "；".join(reasons))
        compute.compute(month.first_day, now=now)  # once more: all of the month, by the rules as they are now
        month.refresh_from_db()
        month.rules = [_rule(rule) for rule in compute.rules_in_force(month.first_day)]
        month.digest = digest_of(month)
        month.state, month.published_at, month.published_by = AssessmentMonth.State.PUBLISHED, now, by
        month.save()
    return month


def _rule(rule: IndicatorRule) -> dict[str, Any]:
    """A rule as the frozen month keeps it."""
    known = catalogue.get(rule.indicator)
    return {
        "id": rule.pk, "indicator": rule.indicator, "title": rule.title, "kind": rule.kind, "axis": rule.axis,
        "weight": float(rule.weight), "source": rule.source, "verified": rule.source_verified,
        "words": formulas.in_words(rule.formula, rule.target, rule.floor, rule.params, known.unit if known else ""),
        "absent": known is None,
    }  # fmt: skip


def digest_of(month: AssessmentMonth) -> str:
    """SHA-256 over every score and place of a month in a fixed spelling: whoever changed one would show."""
    sha = hashlib.sha256()
    scores = Score.objects.filter(month=month).order_by("kind", "subject", "indicator")
    places = Standing.objects.filter(month=month).order_by("kind", "subject")
    columns = ("numerator", "denominator", "value", "score", "weight")
    for rows in (
        scores.values_list("kind", "subject", "indicator", *columns),
        places.values_list("kind", "subject", "total", *Axis.values, "covered", "rank"),
    ):
        for row in rows.iterator(chunk_size=5000):
            sha.update(json.dumps(row).encode())
    return sha.hexdigest()


# --- rules ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class NewRule:
    """How an indicator is scored from a month on."""

    weight: float
    formula: str
    target: float | None
    floor: float | None
    params: dict[str, Any]
    valid_from: date
    source: str
    note: str


def change_rule(indicator: str, new: NewRule, *, by: Any) -> IndicatorRule:
    """End the rule of an indicator and make another (修改规则), from a month that is not published.

    Raises ``FieldRefused``, ``SubjectNotFound``.
    """
    require_city(by, "assessment.change")
    if not new.note.strip():
        raise FieldRefused("note", "请填写理由")
    if not new.source.strip():
        raise FieldRefused("source", "请填写依据")
    if not 0 <= new.weight <= 1000:
        raise FieldRefused("weight", "权重应在 0 至 1000 之间")
    known = catalogue.get(indicator)
    better = known.better if known else _better(new)
    formulas.check(new.formula, better=better, target=new.target, floor=new.floor, params=new.params)
    first = new.valid_from.replace(day=1)
    with transaction.atomic():
        old = (
            IndicatorRule.objects.select_for_update(of=("self",)).filter(indicator=indicator, valid_until=None).first()
        )
        if old is None:
            raise SubjectNotFound(indicator=indicator)
        published = AssessmentMonth.objects.filter(state=AssessmentMonth.State.PUBLISHED).aggregate(
            last=Max("first_day")
        )["last"]
        if published is not None and first <= published:
            raise FieldRefused("valid_from", f"{published:%Y-%m} 已公布并冻结，新规则只能自其后的月份起适用")
        if first < old.valid_from:
            raise FieldRefused("valid_from", f"不能早于现行规则的起始月 {old.valid_from:%Y-%m}")
        old.valid_until = first
        old.save(update_fields=["valid_until"])
        return IndicatorRule.objects.create(
            indicator=indicator, title=old.title, kind=old.kind, axis=old.axis, weight=round(new.weight, 1),
            formula=new.formula, target=new.target, floor=new.floor, params=new.params, valid_from=first,
            source=new.source.strip()[:300], note=new.note.strip()[:300], replaces=old, created_by=by,
        )  # fmt: skip


def _better(new: NewRule) -> formulas.Better:
    """Which way an indicator that nobody counts yet would be better, by its rule."""
    upwards = new.target is not None and new.floor is not None and new.target > new.floor
    return "high" if upwards or new.formula == formulas.Formula.RATE else "low"


def verify_rule(pk: int, *, by: Any) -> IndicatorRule:
    """An administrator has read the source of a rule (核实依据)."""
    require_city(by, "assessment.verify")
    with transaction.atomic():
        rule = IndicatorRule.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if rule is None:
            raise SubjectNotFound(pk=pk)
        rule.source_verified, rule.verified_by, rule.verified_at = True, by, timezone.now()
        rule.save(update_fields=["source_verified", "verified_by", "verified_at"])
    return rule
