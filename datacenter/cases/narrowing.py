"""Further ways to narrow the list of cases (案件细分): the rows behind a figure of the statistics.

Each stands in the list's form only while it is in the address: an officer sees what narrows his list and takes it away.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, ExtractHour, ExtractIsoWeekDay
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.models import User
from datacenter.cases.models import Case, Dispatch
from datacenter.cases.states import OPEN_STATES, State
from datacenter.geo import hexagons

ALL = ("", _("全部"))
_SELECT = {"class": "form-select"}

# The stages of the loop in order, and in which state a case waits there. What was returned is at work again.
STAGES: tuple[tuple[str, Any, tuple[State, ...]], ...] = (
    ("collected", _("采集"), (State.COLLECTED,)),
    ("dispatched", _("派发"), (State.DISPATCHED,)),
    ("accepted", _("签收"), (State.ACCEPTED, State.RETURNED)),
    ("handled", _("办理"), (State.HANDLED,)),
    ("fed_back", _("反馈"), (State.FED_BACK,)),
    ("verified", _("核查"), (State.VERIFIED,)),
    ("closed", _("办结"), (State.CLOSED,)),
    ("filed", _("归档"), (State.FILED,)),
)
_WORKED = (State.HANDLED, State.FED_BACK, State.RETURNED)
LEGS: dict[str, tuple[Any, Q]] = {
    "accepted": (_("已签收"), Q()),
    "handled": (_("已办理"), Q(state__in=_WORKED)),
    "fed_back": (_("已反馈"), Q(fed_back_at__isnull=False)),
    "on_time": (_("按时反馈"), Q(fed_back_at__isnull=False) & (Q(due_at=None) | Q(fed_back_at__lte=F("due_at")))),
    "late": (_("逾期反馈"), Q(fed_back_at__gt=F("due_at"))),
    "returned": (_("曾被退回"), Q(returned_times__gt=0)),
}
WEEKDAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))


def reached(stage: str) -> list[State]:
    """States of cases that have come as far as ``stage``."""
    names = [name for name, _title, _states in STAGES]
    return [state for _name, _title, states in STAGES[names.index(stage):] for state in states]  # fmt: skip


class Narrowing(forms.Form):
    """Fields that a list's form takes over where the address has them."""

    origin = forms.ChoiceField(
        label=_("来源"), required=False, choices=[ALL, *Case.Origin.choices], widget=forms.Select(attrs=_SELECT)
    )
    stage = forms.ChoiceField(
        label=_("办理进度"),
        required=False,
        choices=[ALL, ("open", _("未办结")), *((name, _("已到%s") % title) for name, title, _states in STAGES)],
        widget=forms.Select(attrs=_SELECT),
    )
    outcome = forms.ChoiceField(
        label=_("查证结论"), required=False, choices=[ALL, *Case.Outcome.choices], widget=forms.Select(attrs=_SELECT)
    )
    sent_back = forms.ChoiceField(
        label=_("退回"), required=False, choices=[ALL, ("yes", _("曾被退回"))], widget=forms.Select(attrs=_SELECT)
    )
    officer = forms.ModelChoiceField(
        label=_("承办人"), required=False, queryset=User.objects.none(), empty_label=ALL[1],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    leg = forms.ChoiceField(
        label=_("承办情况"), required=False, choices=[ALL, *((name, title) for name, (title, _q) in LEGS.items())],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    weekday = forms.TypedChoiceField(
        label=_("发生在"), required=False, coerce=int, empty_value=None,
        choices=[ALL, *((str(number), title) for number, title in enumerate(WEEKDAYS))],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    hour = forms.TypedChoiceField(
        label=_("时段"), required=False, coerce=int, empty_value=None,
        choices=[ALL, *((str(hour), f"{hour}:00–{hour}:59") for hour in range(24))],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    cell = forms.CharField(
        label=_("发生网格"), required=False, max_length=16,
        widget=forms.TextInput(attrs={"class": "form-control", "size": 16}),
    )  # fmt: skip

    # In the form whether asked for or not.
    always = frozenset({"origin"})

    def keep_asked(self) -> None:
        """Leave only those fields that the address has."""
        for name in Narrowing.base_fields:
            if name not in self.always and not self.data.get(name):
                del self.fields[name]
        if "officer" in self.fields:
            asked = str(self.data["officer"])
            found = User.objects.filter(pk=int(asked)) if asked.isdecimal() and len(asked) < 10 else None
            self.fields["officer"].queryset = found or User.objects.none()  # type: ignore[attr-defined]

    def clean_cell(self) -> str:
        """A cell of the heat map's."""
        cell: str = self.cleaned_data["cell"]
        if cell:
            try:
                hexagons.outline(cell)
            except ValueError as error:
                raise forms.ValidationError(_("不是有效的网格编号")) from error
        return cell


def narrow(rows: QuerySet[Case], wanted: dict[str, Any]) -> QuerySet[Case]:
    """``rows`` that these filters let through."""
    for name in ("origin", "outcome"):
        if value := wanted.get(name):
            rows = rows.filter(**{name: value})
    if stage := wanted.get("stage"):
        rows = rows.filter(state__in=OPEN_STATES if stage == "open" else reached(stage))
    if wanted.get("sent_back"):
        rows = rows.filter(returned_times__gt=0)
    if wanted.get("officer") or wanted.get("leg"):
        rows = rows.filter(Exists(_legs(wanted.get("officer"), wanted.get("leg") or "accepted")))
    if (weekday := wanted.get("weekday")) is not None:
        rows = rows.alias(weekday=ExtractIsoWeekDay("occurred_at")).filter(weekday=weekday + 1)
    if (hour := wanted.get("hour")) is not None:
        rows = rows.alias(hour=ExtractHour("occurred_at")).filter(hour=hour)
    if cell := wanted.get("cell"):
        rows = _inside(rows, cell)
    return rows


def _legs(officer: User | None, how: str) -> QuerySet[Dispatch]:
    """Legs of a case that somebody accepted and that were not taken back: of one officer, or the one that leads."""
    legs = Dispatch.objects.filter(
        LEGS[how][1], case=OuterRef("pk"), ended_at=None, accepted_at__isnull=False, assignee__isnull=False
    )
    return legs.filter(assignee=officer) if officer else legs.filter(part=Dispatch.Part.LEAD)


def _inside(rows: QuerySet[Case], cell: str) -> QuerySet[Case]:
    """Cases that happened in a cell: by its box first, then on the inner side of each edge."""
    south, west, north, east = hexagons.box_e6(cell)
    rows = rows.filter(latitude_e6__range=(south - 1, north + 1), longitude_e6__range=(west - 1, east + 1))
    latitude, longitude = Cast("latitude_e6", FloatField()), Cast("longitude_e6", FloatField())
    for number, (lat, lon, a, b) in enumerate(hexagons.half_planes_e6(cell)):
        side = f"side_{number}"
        rows = rows.alias(**{side: (latitude - lat) * a + (longitude - lon) * b}).filter(**{f"{side}__gte": 0.0})
    return rows
