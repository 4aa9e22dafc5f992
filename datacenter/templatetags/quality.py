"""Shares as officers read them (百分率), and the address of a line's next level."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def percent(rate: float | None) -> str:
    """98.51 %; a dash where there was nothing to divide by. Never rounded up to a whole that it is not."""
    if rate is None:
        return "—"
    shown = f"{rate * 100:.2f}"
    return f"{'99.99' if shown == '100.00' and rate < 1 else shown} %"


@register.simple_tag(takes_context=True)
def narrowed(context: Any, changes: dict[str, Any]) -> str:
    """The page's query with ``changes``, from its first page."""
    wanted = context["request"].GET.copy()
    wanted.pop("page", None)
    for name, value in changes.items():
        wanted[name] = str(value)
    return f"?{wanted.urlencode()}"
