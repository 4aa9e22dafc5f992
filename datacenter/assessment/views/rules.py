"""The rules (考核规则): weights, targets and formulas with their history and sources."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.assessment import catalogue, formulas, selectors, workflow
from datacenter.assessment.errors import FieldRefused, SubjectNotFound
from datacenter.assessment.forms import RuleForm
from datacenter.assessment.models import AssessmentSetting, IndicatorRule
from datacenter.assessment.models.subjects import Kind


def _shown(rule: IndicatorRule) -> dict[str, Any]:
    known = catalogue.get(rule.indicator)
    unit = known.unit if known else ""
    words = formulas.in_words(rule.formula, rule.target, rule.floor, rule.params, unit)
    return {"rule": rule, "indicator": known, "words": words}


@require_safe
@needs("assessment.view")
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule that holds, and those before it."""
    found = selectors.rules_with_history()
    context = {
        "kinds": [
            {
                "kind": kind, "weight": sum(one["rule"].weight for one in found if one["rule"].kind == kind),
                "lines": [
                    {**_shown(one["rule"]), "past": [_shown(row) for row in one["past"]]}
                    for one in found
                    if one["rule"].kind == kind
                ],
            }
            for kind in Kind
            if any(one["rule"].kind == kind for one in found)
        ],
        "settings": AssessmentSetting.objects.all(),
        "may_change": request.user.may("assessment.change"),
        "may_verify": request.user.may("assessment.verify"),
    }  # fmt: skip
    return render(request, "assessment/rules.html", context)


@needs("assessment.change")
def change(request: HttpRequest, indicator: str) -> HttpResponse:
    """Another rule for an indicator, from a month on."""
    old = IndicatorRule.objects.filter(indicator=indicator, valid_until=None).first()
    if old is None:
        raise SubjectNotFound(indicator=indicator)
    form = RuleForm(request.POST or None, initial=_initial(old))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                rule = workflow.change_rule(indicator, form.rule(), by=request.user)
            except FieldRefused as fault:
                form.add_error(fault.field if fault.field in form.fields else None, fault.message)
            else:
                audit.record(
                    request, "assessment.rule", indicator, before=_said(old), after=_said(rule), note=rule.note
                )
                messages.success(request, _("规则已修改，自 %(month)s 起适用") % {"month": f"{rule.valid_from:%Y-%m}"})
                return redirect("assessment-rules")
    return render(request, "assessment/rule_form.html", {"form": form, **_shown(old)}, status=status)


def _initial(old: IndicatorRule) -> dict[str, Any]:
    following = (timezone.localdate().replace(day=1) + timedelta(days=31)).replace(day=1)
    return {
        "weight": old.weight, "formula": old.formula, "target": old.target, "floor": old.floor,
        "each": old.params.get("each"), "source": old.source, "valid_from": f"{max(following, old.valid_from):%Y-%m}",
        "steps": "\n".join(f"{bound:g} {points:g}" for bound, points in old.params.get("steps", [])),
    }  # fmt: skip


def _said(rule: IndicatorRule) -> dict[str, Any]:
    return {
        "weight": float(rule.weight), "formula": rule.formula, "target": rule.target, "floor": rule.floor,
        "params": rule.params, "valid_from": f"{rule.valid_from:%Y-%m}", "source": rule.source,
    }  # fmt: skip


@require_POST
@needs("assessment.verify")
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """An administrator confirms the source of a rule."""
    rule = workflow.verify_rule(pk, by=request.user)
    audit.record(request, "assessment.verify", rule.indicator, rule=rule.pk)
    messages.success(request, _("%(title)s 的依据已核实") % {"title": rule.title})
    return redirect("assessment-rules")
