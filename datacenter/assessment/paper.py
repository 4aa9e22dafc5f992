"""A month and a certificate on paper (考核通报、信用证明); one row gives the same bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.assessment import selectors
from datacenter.assessment.catalogue import get
from datacenter.assessment.compute import rules_in_force
from datacenter.assessment.formulas import in_words
from datacenter.assessment.models import AssessmentMonth, CreditCertificate, IndicatorRule, Standing
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.geo.counties import counties
from datacenter.papers.rendering import render
from datacenter.registry.masking import mask_name

MOST_PEOPLE = 50
_BANDS = ((90, "90 分及以上"), (80, "80 至 90 分"), (60, "60 至 80 分"), (0, "60 分以下"))


def month_pdf(month: AssessmentMonth, user: Any) -> bytes:
    """The month's report, of what ``user`` may see. Raises what ``render`` raises."""
    rows = {kind: list(_rows(month, kind, user)) for kind in selectors.kinds_for(user)}
    names = dict(counties().values_list("code", "name"))
    people = rows.get(Kind.PRACTITIONER, [])
    corrections = list(selectors.corrections_visible_to(user).filter(month=month)[:200])
    titles = dict(IndicatorRule.objects.order_by("pk").values_list("indicator", "title"))
    data = {
        "month": month.key,
        "title": f"{month.first_day:%Y} 年 {month.first_day.month} 月交通运输一体联动考评通报",
        "draft": not month.frozen,
        "published": _moment(month.published_at),
        "computed": _moment(month.computed_at),
        "digest": month.digest,
        "reader": str(user),
        "scope": {"city": "全市", "county": "本县区"}.get(scope_of(user).level, "本企业"),
        "axes": list(Axis.labels),
        "tables": [
            {"title": f"{kind.label}考评", "rows": [_line(row, names) for row in rows[kind]]}
            for kind in rows
            if kind != Kind.PRACTITIONER
        ],
        "people": {
            "count": len(people),
            "bands": [[label, number] for label, number in _bands(people)],
            "lowest": [_line(row, names) for row in sorted(people, key=lambda row: -row.place)[:MOST_PEOPLE]]
            if people else [],
            "most": MOST_PEOPLE,
        },
        "absent": [one["title"] + "（" + Kind(one["kind"]).label + "）" for one in month.absent],
        "rules": _rules(month, set(rows)),
        "corrections": [
            [_name(row), titles.get(row.indicator, row.indicator), _number(row.was_score), _number(row.score),
             row.reason, _moment(row.at)]
            for row in corrections
        ],
    }  # fmt: skip
    at = month.published_at or month.computed_at or datetime(2020, 1, 1, tzinfo=UTC)
    return render("assessment", data, at=at)


def _rows(month: AssessmentMonth, kind: Kind, user: Any) -> Any:
    return selectors.standings_visible_to(user).filter(month=month, kind=kind).order_by("place", "pk")


def _name(row: Any) -> str:
    return mask_name(row.name) if row.kind == Kind.PRACTITIONER else str(row.name)


def _line(row: Standing, names: dict[str, str]) -> list[str]:
    where = "" if row.kind == Kind.COUNTY else names.get(row.county_id or "", "")
    return [
        str(row.rank or "—"), _name(row), where, _number(row.total),
        *(_number(getattr(row, axis)) for axis in Axis.values), f"{100 * row.covered:.0f}%",
    ]  # fmt: skip


def _bands(people: list[Standing]) -> list[tuple[str, int]]:
    counts = dict.fromkeys((label for _, label in _BANDS), 0)
    for row in people:
        if row.total is not None:
            counts[next(label for least, label in _BANDS if row.total >= least)] += 1
    return list(counts.items())


def _rules(month: AssessmentMonth, kinds: set[Kind]) -> list[list[Any]]:
    """The rules by which the month was scored: as frozen, else as they are."""
    if month.frozen:
        return [
            [Kind(rule["kind"]).label, Axis(rule["axis"]).label, rule["title"], f"{rule['weight']:g}", rule["words"],
             rule["source"], rule["verified"]]
            for rule in month.rules
            if rule["kind"] in kinds
        ]  # fmt: skip
    found = []
    for rule in rules_in_force(month.first_day):
        known = get(rule.indicator)
        words = in_words(rule.formula, rule.target, rule.floor, rule.params, known.unit if known else "")
        if rule.kind in kinds:
            found.append([
                rule.get_kind_display(), rule.get_axis_display(), rule.title, f"{rule.weight:g}", words, rule.source,
                rule.source_verified,
            ])  # fmt: skip
    return found


def certificate_pdf(row: CreditCertificate, where: str) -> bytes:
    """A certificate as it was issued; its state is checked at ``where``."""
    code = " ".join(row.code[start : start + 4] for start in range(0, len(row.code), 4))
    data = {
        "number": row.number,
        "code": code,
        "content": row.content,
        "where": where,
        "issued": _moment(row.issued_at),
    }
    return render("certificate", data, at=row.issued_at)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""
