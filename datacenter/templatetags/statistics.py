"""Cells of the statistics (统计单元格): numbers grouped, shares and hours with a tenth, each a link to its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from datacenter.statistics.tables import Cell

register = template.Library()


@register.filter
def per_cent(rate: float | None) -> str:
    """98.5%; a dash where there was nothing to divide by."""
    return "—" if rate is None else f"{rate * 100:.1f}%"


@register.simple_tag
def of_hundred(rate: float | None) -> str:
    """A share as the width of a bar in a box of a hundred."""
    return f"{(rate or 0) * 100:.2f}"


@register.simple_tag
def centred(rate: float | None) -> str:
    """Where such a bar begins, so that it stands in the middle."""
    return f"{50 - (rate or 0) * 50:.2f}"


@register.simple_tag
def figures(row: list[Cell]) -> SafeString:
    """The cells of one row. Put together by hand: a page has a thousand, and each costs what its formatting costs."""
    return mark_safe("".join(map(_cell, row)))  # noqa: S308 every word is escaped below


def _cell(cell: Cell) -> str:
    value = cell.value
    if cell.kind == "words":
        text = escape(value) or "—"
        inner = f'<a href="{escape(cell.href)}">{text}</a>' if cell.href else text
        return f'<td title="{escape(cell.hint) or text}">{inner}</td>'
    if value is None:
        text = "—"
    elif cell.kind == "percent":
        text = per_cent(value)
    elif cell.kind == "hours":
        text = f"{value:,.1f}"
    else:
        text = f"{value:,}"
    kind = f"number shade-{cell.shade}" if cell.shade else "number" if value else "number zero"
    title = f' title="{escape(cell.hint)}"' if cell.hint else ""
    inner = f'<a href="{cell.href.replace("&", "&amp;")}">{text}</a>' if cell.href else text  # quoted by urllib
    return f'<td class="{kind}"{title}>{inner}</td>'
