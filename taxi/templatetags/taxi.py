"""A taximeter's figures as people read them (计价器数值)."""

from datetime import timedelta

from django import template

from taxi.shown import lasted

register = template.Library()


@register.filter
def tenths(value: int | None) -> str:
    """角 as yuan, 0.1 km as kilometres: 1,234.5; a dash for what the taximeter did not say."""
    return "—" if value is None else f"{value / 10:,.1f}"


@register.filter
def hundredths(value: int | None) -> str:
    """分 as yuan: 1.90."""
    return "—" if value is None else f"{value / 100:,.2f}"


@register.filter
def duration(value: int | None) -> str:
    """Seconds as 3 时 12 分."""
    return "—" if value is None else lasted(timedelta(seconds=value))
