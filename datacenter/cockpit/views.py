"""The first page (今日待办): what is there to do now, then how things stand; each role sees what its rights give."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from datacenter.accounts.scope import scope_of
from datacenter.cases.counts import states_waiting_for
from datacenter.cockpit import selectors


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """今日待办. Everybody who is signed in has one."""
    user = request.user
    sees_cases = user.may("case.view")
    acts = sees_cases and bool(states_waiting_for(user))
    city = scope_of(user).level == "city"
    context = {
        "asks": [*(selectors.asks_for(user) if sees_cases else []), *selectors.asks_of_orders(user)],
        "cases": selectors.newest_cases(user, mine_only=acts) if sees_cases else None,
        "acts": acts,
        "counties": selectors.counties_at_work(user) if sees_cases and city and acts else None,
        "county_columns": selectors.COUNTY_COLUMNS,
        "findings": selectors.newest_findings(user) if user.may("finding.view") else None,
    }
    part = request.headers.get("HX-Target") == "home-body"
    return render(request, "cockpit/_home_body.html" if part else "cockpit/home.html", context)
