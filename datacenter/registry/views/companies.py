"""Companies (企业): the list and one company's page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datacenter.accounts.permissions import needs
from datacenter.registry.forms import CompanyFilters
from datacenter.registry.models import Company
from datacenter.registry.paging import page_of
from datacenter.registry.selectors import (
    companies_visible_to,
    fleet_of,
    get_company_for,
    permits_visible_to,
    practitioners_visible_to,
    with_fleet_size,
    with_papers_ending,
)
from datacenter.registry.validity import validity


@require_safe
@needs("company.view")
def company_list(request: HttpRequest) -> HttpResponse:
    """Companies in scope by name, fifty a page."""
    filters = CompanyFilters(request.GET, user=request.user)
    page = page_of(with_fleet_size(filters.cut(companies_visible_to(request.user))), request.GET, "name")
    companies = [_with_first_ending_permit(company) for company in page.rows]
    return render(request, "registry/company_list.html", {"filters": filters, "page": page, "companies": companies})


def _with_first_ending_permit(company: Company) -> dict[str, Any]:
    """A company with the permit that ends first, if it has any (the prefetched ones are in that order)."""
    permit = next(iter(company.permits.all()), None)
    return {
        "company": company,
        "permit": permit,
        "validity": validity(permit.valid_until, timezone.localdate()) if permit else None,
    }


@require_safe
@needs("company.view")
def company_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One company: what it may do and until when, its fleet and its people."""
    company, today = get_company_for(request.user, pk), timezone.localdate()
    people = practitioners_visible_to(request.user).filter(company=company).order_by()
    context = {
        "company": company,
        "permits": [
            {"permit": permit, "validity": validity(permit.valid_until, today)}
            for permit in permits_visible_to(request.user).filter(company=company)
        ],
        "fleet": fleet_of(request.user, company),
        "people": people.count(),
        "expired": with_papers_ending(people, "expired", today).count(),
        "expiring": with_papers_ending(people, "expiring", today).count(),
    }
    return render(request, "registry/company_detail.html", context)
