"""What waits for a user, and how the counties stand (待办与概况).

One statement for all figures of a page, each an index range counted to a limit (``cases/counts.py``), so that the first
page costs the same over a hundred cases and over a million.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from datacenter.cases import counts
from datacenter.cases.counts import CappedCount
from datacenter.cases.models import Case
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.states import State
from datacenter.detection.models import Finding
from datacenter.detection.selectors import findings_visible_to
from datacenter.geo.models import County
from datacenter.instructions import selectors as instructions
from datacenter.roadside import selectors as roadside

_NEWEST = 8


@dataclass(frozen=True, slots=True)
class Ask:
    """One figure that asks for an act, and the address of its rows."""

    title: str
    count: int
    href: str
    note: str = ""
    kind: str = "act"  # act, late, soon

    @property
    def shown(self) -> str:
        """The figure as written."""
        return counts.shown(self.count)


@dataclass(frozen=True, slots=True)
class CountyRow:
    """One county's line: its open cases by state, and what is late."""

    county: County
    cells: list[dict[str, str]]


def _rows_address(**filters: str) -> str:
    return f"{reverse('case-list')}?{urlencode(filters)}"


# For whoever holds the right to the next step: the state, the words, why it waits.
_NEXT_STEPS = {
    State.FED_BACK: ("待核查", "县区已反馈，请核查"),
    State.VERIFIED: ("待办结", "核查已通过"),
    State.COLLECTED: ("待派发", "未能自动确定县区"),
    State.DISPATCHED: ("待签收", "已派发到本县区"),
    State.RETURNED: ("已退回", "请按退回原因重新办理"),
    State.ACCEPTED: ("办理中", "办理后请反馈结果"),
}
_URGENT = (State.RETURNED,)


def asks_for(user: Any) -> list[Ask]:
    """What waits for ``user``, the most urgent first (现在要我做什么)."""
    mine = counts.states_waiting_for(user)
    rows = counts.bare(user)
    queries = {"overdue": rows.filter(counts.is_overdue()), "soon": rows.filter(counts.is_due_soon())}
    queries |= {state.value: rows.filter(state=state) for state in mine}
    sizes = counts.counted(user, queries)
    asks = [
        Ask(_("已逾期"), sizes["overdue"], _rows_address(due="overdue"), _("超过办理期限"), "late"),
        Ask(_("24 小时内到期"), sizes["soon"], _rows_address(due="soon"), _("即将逾期"), "soon"),
    ]
    steps = [
        Ask(_(title), sizes[state], _rows_address(state=state), _(note), "late" if state in _URGENT else "act")
        for state, (title, note) in _NEXT_STEPS.items()
        if state in mine
    ]
    return steps + asks if mine else asks


def asks_of_orders(user: Any) -> list[Ask]:
    """What waits for ``user`` beside cases: instructions to answer or to look at, roadside checks of the own team."""
    asks = []
    if user.may("instruction.answer") or user.may("instruction.issue"):
        note = _("请签收、登记结果并反馈") if user.may("instruction.answer") else _("县区已反馈，请审阅")
        count = instructions.waiting_for(user).count()
        asks.append(Ask(_("监管指令"), count, reverse("instruction-list"), note))
    if user.may("roadside.answer"):
        count = roadside.checks_visible_to(user).filter(state__in=roadside.OPEN).count()
        asks.append(Ask(_("路面核查单"), count, reverse("my-checks"), _("派给本队，未反馈")))
    return asks


COUNTY_COLUMNS = (State.DISPATCHED, State.ACCEPTED, State.RETURNED, State.FED_BACK)


def counties_at_work(user: Any) -> list[CountyRow]:
    """Each county's open cases by state and how many are late (各县区办理情况), one statement."""
    rows = counts.bare(user).filter(county_id=OuterRef("code"))
    figures = {state.value: CappedCount(rows.filter(state=state)) for state in COUNTY_COLUMNS}
    figures["overdue"] = CappedCount(rows.filter(counts.is_overdue()))
    counties = County.objects.filter(valid_until=None).defer("boundary", "disputed").annotate(**figures)
    return [
        CountyRow(
            county,
            [
                {
                    "shown": counts.shown(getattr(county, name)),
                    "zero": "" if getattr(county, name) else "yes",
                    "href": _rows_address(county=county.code, **filters),
                    "late": "yes" if name == "overdue" else "",
                }
                for name, filters in [
                    *((state.value, {"state": state.value}) for state in COUNTY_COLUMNS),
                    ("overdue", {"due": "overdue"}),
                ]
            ],
        )
        for county in counties
    ]


def newest_cases(user: Any, *, mine_only: bool) -> list[Case]:
    """The newest cases that wait for the user, or the newest of all for who only watches."""
    rows = cases_visible_to(user)
    if mine_only and (states := counts.states_waiting_for(user)):
        rows = rows.filter(state__in=states)
    return list(rows[:_NEWEST])


def newest_findings(user: Any) -> list[Finding]:
    """The newest suspected violations in the user's scope."""
    return list(findings_visible_to(user).defer("evidence", "limits").select_related("case__county")[:_NEWEST])
