"""Terminals (车载终端): which there are, and which are due to be planned out (淘汰计划)."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datacenter.accounts.permissions import needs
from datacenter.registry.forms import TerminalFilters
from datacenter.registry.models import Terminal
from datacenter.registry.paging import page_of
from datacenter.registry.selectors import terminals_to_plan_out, terminals_visible_to


@require_safe
@needs("vehicle.view")
def terminal_list(request: HttpRequest) -> HttpResponse:
    """Terminals in scope by phone number, fifty a page; above them those in use by edition, maker and model."""
    filters, today = TerminalFilters(request.GET, user=request.user), timezone.localdate()
    visible = terminals_visible_to(request.user)
    models = terminals_to_plan_out(visible, today)
    context = {
        "filters": filters,
        "models": [_shown(row) for row in models],
        "in_use": sum(row["count"] for row in models),
        "over": sum(row["over"] for row in models),
        "page": page_of(filters.cut(visible), request.GET, "phone"),
        "today": today,
    }
    return render(request, "registry/terminal_list.html", context)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A line of the plan: the edition's name, whether it is an old one, and the address of its rows."""
    keys = {name: row[name] for name in ("edition", "maker", "model")}
    return row | {
        "label": Terminal.Edition(row["edition"]).label,
        "old": row["edition"] == Terminal.Edition.JT808_2011,
        "query": urlencode(keys),
    }
