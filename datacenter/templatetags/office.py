"""Small words of the office's pages: plates, times, deadlines, states (页面组件). Built in: no ``{% load %}`` needed.

Each of them has one spelling here, and the same click everywhere. ``static/js/lib/format.js`` says the same in scripts.
"""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.http import QueryDict
from django.template.defaultfilters import date as format_date
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from datacenter.cases.states import OPEN_STATES, State
from datacenter.registry.masking import mask_name, mask_phone
from datacenter.registry.models import Vehicle

register = template.Library()

# A state is never told by colour alone: each has a shape of its own beside its word.
_CASE_ICONS = {
    State.COLLECTED: "circle-dashed",
    State.DISPATCHED: "send",
    State.ACCEPTED: "tool",
    State.HANDLED: "message-2-share",
    State.FED_BACK: "eye-check",
    State.RETURNED: "arrow-back-up",
    State.VERIFIED: "clipboard-check",
    State.CLOSED: "circle-check",
    State.FILED: "archive",
}
_PLATE_CLASSES = {
    Vehicle.PlateColour.BLUE: "blue",
    Vehicle.PlateColour.YELLOW: "yellow",
    Vehicle.PlateColour.BLACK: "black",
    Vehicle.PlateColour.WHITE: "white",
    Vehicle.PlateColour.GREEN: "green",
    Vehicle.PlateColour.YELLOW_GREEN: "yellow-green",
    Vehicle.PlateColour.GRADIENT_GREEN: "gradient-green",
}
# Past this much of a day a deadline is near (将逾期).
DUE_SOON = timedelta(hours=24)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of Tabler's line icons, silent to screen readers."""
    return format_html('<i class="ti ti-{}" aria-hidden="true"></i>', name)


@register.simple_tag
def plate(number: str, colour: int | None = None, link: str = "") -> SafeString:
    """A number plate (车牌) as a chip in its real colours; with ``link`` it opens that address."""
    if not number:
        return format_html('<span class="quiet">{}</span>', "无车牌")
    known = Vehicle.PlateColour(colour) if colour in Vehicle.PlateColour.values else None
    name = f"{number}（{known.label}牌）" if known else number
    shape = format_html(
        '<span class="plate plate-{}" title="{}">{}<i></i>{}</span>',
        _PLATE_CLASSES.get(known, "other"), name, number[:2], number[2:],
    )  # fmt: skip
    return format_html('<a class="plate-link" href="{}">{}</a>', link, shape) if link else shape


@register.simple_tag
def case_chip(number: str) -> SafeString:
    """A case's number (案号); opens the case."""
    return format_html('<a class="case-number" href="{}">{}</a>', reverse("case-detail", args=[number]), number)


@register.simple_tag
def case_state(value: str) -> SafeString:
    """A case's state as shape and word."""
    state = State(value)
    return format_html(
        '<span class="state state-{}"><i class="ti ti-{}" aria-hidden="true"></i>{}</span>',
        state.value, _CASE_ICONS[state], state.label,
    )  # fmt: skip


@register.simple_tag
def county_chip(county: Any) -> SafeString:
    """A county (县区) as a chip; a case without one waits for the city."""
    if county is None:
        return format_html('<span class="county-chip county-none">{}</span>', "未派发")
    return format_html('<span class="county-chip">{}</span>', county.name)


@register.simple_tag
def deadline(due_at: datetime | None, state: str = State.DISPATCHED) -> SafeString:
    """How long is left (剩 3 小时), or by how much it is late (已超 2 天); the full time on hover."""
    if due_at is None or state not in OPEN_STATES:
        return format_html('<span class="quiet">{}</span>', "—")
    left = due_at - timezone.now()
    kind = "late" if left < timedelta(0) else "soon" if left < DUE_SOON else "calm"
    return format_html(
        '<time class="deadline deadline-{}" datetime="{}" title="{}">{}</time>',
        kind, due_at.isoformat(), _full(due_at), left_in_words(left),
    )  # fmt: skip


def left_in_words(left: timedelta) -> str:
    """剩 3 小时, 已超 2 天: the largest unit that says enough."""
    seconds = abs(left.total_seconds())
    word = "已超" if left < timedelta(0) else "剩"
    if seconds < 3600:
        return f"{word} {max(1, int(seconds // 60))} 分钟"
    if seconds < 48 * 3600:
        return f"{word} {int(seconds // 3600)} 小时"
    return f"{word} {int(seconds // 86400)} 天"


@register.filter
def when(value: datetime | None) -> SafeString | str:
    """A time as officers say it: 今天 14:05, else 11-22 14:05, with the year if it is another; full on hover."""
    if value is None:
        return ""
    local, now = timezone.localtime(value), timezone.localtime()
    if local.date() == now.date():
        text = local.strftime("今天 %H:%M")
    else:
        text = local.strftime("%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d %H:%M")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), _full(value), text)


@register.filter
def grouped(value: float | None, places: int = 0) -> str:
    """A number with thousands set apart: 11,268. What is no number stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:,.{places}f}"


register.filter("masked_name", mask_name)
register.filter("masked_phone", mask_phone)


@register.filter
def hexid(value: int) -> str:
    """A message id as the standards spell it, without its 0x: 0200."""
    return f"{value:04X}"


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """The value of ``key`` in a mapping, or nothing."""
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """This page's address with some of its parameters changed; an empty value takes one away."""
    parameters: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in (None, ""):
            parameters[name] = str(value)
    return "?" + parameters.urlencode()


@register.simple_tag
def address(name: str, *args: Any) -> str:
    """The address called ``name``, or nothing where that page is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _full(value: datetime) -> str:
    return format_date(timezone.localtime(value), "Y-m-d H:i:s")
