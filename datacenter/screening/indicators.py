"""How each county screens (远程排查定期考评): how much, how much of it holds, how far second looks agree.

Registers with assessment's catalogue. A county's are the answers of its own officers; what was skipped is no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.assessment import catalogue
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.screening.models import Review, ReviewItem
from datacenter.screening.selectors import items_visible_to

_COUNTY = "by__unit__county_id"
_STOOD = Q(answer=Review.Answer.CONFIRMED, item__state=ReviewItem.State.CONFIRMED)


def _answers(period: Period) -> QuerySet[Review]:
    """Answers that county officers gave in a period."""
    rows = Review.objects.filter(at__gte=period.start, at__lt=period.until, by__unit__county__isnull=False)
    return rows.exclude(answer=Review.Answer.SKIPPED).order_by()


def _volume(period: Period) -> Figures:
    rows = _answers(period).values(_COUNTY).annotate(n=Count("pk"))
    return {row[_COUNTY]: Figure(row["n"]) for row in rows}


def _hits(period: Period) -> Figures:
    """Confirmed answers that stood, of all answers on items that are settled."""
    settled = _answers(period).filter(item__settled_at__isnull=False)
    rows = settled.values(_COUNTY).annotate(n=Count("pk"), yes=Count("pk", filter=_STOOD))
    return {row[_COUNTY]: Figure(row["yes"], row["n"]) for row in rows}


def _agreed(period: Period) -> Figures:
    """Blind answers that the other of the pair gave too, of those whose pair is complete."""
    counted: dict[str, list[int]] = {}
    for county, mine, others in _pairs(period).values_list(_COUNTY, "answer", "others"):
        line = counted.setdefault(county, [0, 0])
        line[0] += mine == others
        line[1] += 1
    return {county: Figure(yes, all_) for county, (yes, all_) in counted.items()}


def _pairs(period: Period) -> QuerySet[Review]:
    """Blind answers of a period with what the other one of the pair said, ``others``."""
    theirs = Review.objects.filter(item=OuterRef("item"), blind=True).exclude(by=OuterRef("by"))
    said = Subquery(theirs.exclude(answer=Review.Answer.SKIPPED).order_by().values("answer")[:1])
    return _answers(period).filter(blind=True).annotate(others=said).filter(others__isnull=False)


def _rows(period: Period, user: Any, key: str) -> QuerySet[Review]:
    rows = _answers(period).filter(**{_COUNTY: key}, item__in=items_visible_to(user))
    return rows.select_related("item__finding__case", "by").defer("item__finding__evidence")


def _all(user: Any, key: str, period: Period) -> QuerySet[Review]:
    return _rows(period, user, key)


def _settled(user: Any, key: str, period: Period) -> QuerySet[Review]:
    return _rows(period, user, key).filter(item__settled_at__isnull=False)


def _blind(user: Any, key: str, period: Period) -> QuerySet[Review]:
    return _rows(period, user, key).filter(pk__in=_pairs(period).values("pk"))


def _line(review: Any, user: Any) -> Sequence[Cell]:
    case = review.item.finding.case
    where = reverse("case-detail", args=[case.number]) if case and user.may("case.view") else ""
    return (
        Cell(f"{timezone.localtime(review.at):%Y-%m-%d %H:%M}"), Cell(review.item.finding.title),
        Cell(review.item.plate), Cell(str(review.by)), Cell(review.get_answer_display()),
        Cell(review.item.get_state_display()), Cell(case.number if case else "—", where),
    )  # fmt: skip


_HEAD = ("排查时间", "事由", "车牌号", "排查人", "意见", "结论", "案号")


def register() -> None:
    """Enter them in the catalogue."""
    catalogue.register(
        Indicator(
            "county.screened", "远程排查量", Axis.CONDUCT, Kind.COUNTY, "条", "high", _volume, ("排查条数", ""),
            _("本县区人员当月给出的排查意见，略过不计"), else_=Figure(0), behind=Behind(_HEAD, _all, _line),
        ),
        Indicator(
            "county.screened_hit", "排查命中率", Axis.CONDUCT, Kind.COUNTY, "%", "high", _hits,
            ("确认且成立", "已有结论"),
            _("意见为确认且最终成立的 ÷ 已有结论的排查意见"), behind=Behind(_HEAD, _settled, _line),
        ),
        Indicator(
            "county.screened_agreed", "复核一致率", Axis.CONDUCT, Kind.COUNTY, "%", "high", _agreed,
            ("双方一致", "双人盲评"), _("双人盲评中与另一人意见一致的 ÷ 双方均已给出意见的"),
            behind=Behind(_HEAD, _blind, _line),
        ),
    )  # fmt: skip
