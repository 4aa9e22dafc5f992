"""The rules of whose a case is (属地规则), each tried on the last week's cases before it is saved."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from datacenter.accounts import audit
from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.permissions import needs
from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks
from datacenter.cases import territory as law
from datacenter.cases.models import TerritoryRule
from datacenter.cases.selectors import cases_visible_to
from datacenter.geo.models import County

TRIED_FOR = timedelta(days=7)
MOST_TRIED = 20_000
MOST_LISTED = 50


class TerritoryRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """One rule; what makes no sense is said beside its field."""

    class Meta:
        model = TerritoryRule
        fields = ["position", "kind", "industry", "origin", "basis", "county", "in_force", "source", "source_verified"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        counties = County.objects.filter(valid_until=None).defer("boundary", "disputed")
        self.fields["county"].queryset = counties  # type: ignore[attr-defined]
        self.fields["county"].empty_label = gettext_lazy("不指定")  # type: ignore[attr-defined]
        for field in self.fields.values():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            check = isinstance(field.widget, forms.CheckboxInput)
            field.widget.attrs["class"] = "form-check-input" if check else kind


@dataclass(frozen=True, slots=True)
class Move:
    """A case that would go elsewhere: from which county by today's rules, to which by the others."""

    number: str
    title: str
    plate: str
    plate_colour: int | None
    before: str
    after: str
    rule: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Where the cases of the last week would go: how many, from where to where, and some of those that move."""

    cases: int
    cut: bool
    flows: list[tuple[str, str, int]]
    moved: int
    moves: list[Move]


def try_rules(user: Any, rules: list[TerritoryRule]) -> Trial:
    """The last week's cases decided by today's rules and by ``rules``; a constant number of queries."""
    rows = list(
        cases_visible_to(user)
        .filter(opened_at__gte=timezone.now() - TRIED_FOR)
        .values(
            "number", "title", "plate", "plate_colour", "kind", "industry", "origin", "latitude_e6", "longitude_e6",
            "vehicle__county_id", "company__county_id", "practitioner__county_id",
        )[: MOST_TRIED + 1]
    )  # fmt: skip
    cut, rows = len(rows) > MOST_TRIED, rows[:MOST_TRIED]
    matters = [
        law.Matter(
            row["kind"], row["industry"], row["origin"], row["latitude_e6"], row["longitude_e6"],
            row["vehicle__county_id"], row["company__county_id"], row["practitioner__county_id"],
        )
        for row in rows
    ]  # fmt: skip
    today = law.in_force()
    before, after = law.decide_all(matters, today), law.decide_all(matters, law.Law(rules, today.heirs))
    names: dict[str | None, str] = dict(County.objects.values_list("code", "name"))
    names[None] = _("市级派发")
    flows = Counter((names[a.county_id], names[b.county_id]) for a, b in zip(before, after, strict=True))
    moves = [
        Move(
            row["number"],
            row["title"],
            row["plate"],
            row["plate_colour"],
            names[a.county_id],
            names[b.county_id],
            b.rule,
        )
        for row, a, b in zip(rows, before, after, strict=True)
        if a.county_id != b.county_id
    ]  # fmt: skip
    ordered = sorted(
        ((a, b, count) for (a, b), count in flows.items()), key=lambda flow: (flow[0] == flow[1], -flow[2])
    )
    return Trial(len(rows), cut, ordered, len(moves), moves[:MOST_LISTED])


def _require_city(user: Any) -> None:
    """The rules are the city's, whatever the role of somebody who is posted in a county."""
    if scope_of(user).level != "city":
        raise NotAllowed(right="territory.change")


@require_GET
@needs("territory.change")
def territory(request: HttpRequest) -> HttpResponse:
    """The rules in their order."""
    _require_city(request.user)
    rules = TerritoryRule.objects.select_related("county").defer("county__boundary", "county__disputed")
    titles = dict(blocks.kinds())
    rows = [(rule, titles.get(rule.kind, "")) for rule in rules]
    return render(request, "cases/territory.html", {"rules": rows})


@require_http_methods(["GET", "POST"])
@needs("territory.change")
def territory_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule, 0 for a new one: tried first, then saved; the trial says what saving would change."""
    _require_city(request.user)
    present = get_object_or_404(TerritoryRule, pk=pk) if pk else None
    form = TerritoryRuleForm(request.POST or None, instance=present)
    trial, status = None, 200
    if request.method == "POST":
        if not form.is_valid():
            status = 422
        elif "save" in request.POST:
            before = {name: form.initial.get(name) for name in form.changed_data}
            rule = form.save()
            audit.record(request, "territory.change", str(rule), before=before)
            messages.success(request, _("属地规则已保存，之后立案的案件按新规则归属"))
            return redirect("territory")
        elif "try" in request.POST:
            trial = try_rules(request.user, _with(form.save(commit=False)))
        else:
            raise Http404
    context = {"form": form, "rule": present, "trial": trial, "kinds": blocks.kinds()}
    return render(request, "cases/territory_rule.html", context, status=status)


def _with(changed: TerritoryRule) -> list[TerritoryRule]:
    """The rules in force with ``changed`` in its place, or out of it."""
    others = [rule for rule in law.in_force().rules if rule.pk != changed.pk]
    rules = [*others, changed] if changed.in_force else others
    return sorted(rules, key=lambda rule: (rule.position, rule.pk or 2**62))
