"""The page of who looked at one case (查阅记录)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from datacenter.accounts.permissions import needs
from datacenter.cases import listing, looks
from datacenter.cases.selectors import get_case_for


@require_GET
@needs("case.looks")
def case_looks(request: HttpRequest, number: str) -> HttpResponse:
    """Every look, 50 a page."""
    case = get_case_for(request.user, number)
    page = listing.page_of(looks.looks_visible_to(request.user, case), request.GET, moment="at")
    context = {"case": case, "page": page, "lines": looks.spoken(list(page.rows))}
    return render(request, "cases/case_looks.html", context)
