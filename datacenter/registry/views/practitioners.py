"""Practitioners (从业人员): the list and one person's page. Names and numbers are masked; unmasking is written down."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.registry import masking
from datacenter.registry.forms import PractitionerFilters
from datacenter.registry.models import Practitioner
from datacenter.registry.paging import page_of
from datacenter.registry.selectors import (
    bindings_visible_to,
    get_practitioner_for,
    practitioners_visible_to,
    with_certificates,
)
from datacenter.registry.validity import validity


@require_safe
@needs("practitioner.view")
def practitioner_list(request: HttpRequest) -> HttpResponse:
    """Practitioners in scope by name, fifty a page, each with the certificate that ends first."""
    filters = PractitionerFilters(request.GET, user=request.user)
    page = page_of(with_certificates(filters.cut(practitioners_visible_to(request.user))), request.GET, "name")
    people = [_shown(person, unmasked=False) for person in page.rows]
    return render(request, "registry/practitioner_list.html", {"filters": filters, "page": page, "people": people})


@require_safe
@never_cache
@needs("practitioner.view")
def practitioner_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One practitioner, masked."""
    return _detail(request, get_practitioner_for(request.user, pk), unmasked=False)


@require_POST
@never_cache
@needs("personal_data.unmask")
def practitioner_unmask(request: HttpRequest, pk: int) -> HttpResponse:
    """One practitioner with name and numbers in full; who looked at whom is written down."""
    person = get_practitioner_for(request.user, pk)
    audit.record(request, "practitioner.unmask", f"从业人员 {person.pk}")
    return _detail(request, person, unmasked=True)


def _detail(request: HttpRequest, person: Practitioner, *, unmasked: bool) -> HttpResponse:
    bindings = bindings_visible_to(request.user).filter(practitioner=person).select_related("vehicle")
    context = {"person": _shown(person, unmasked=unmasked), "bindings": bindings, "unmasked": unmasked}
    return render(request, "registry/practitioner_detail.html", context)


def _shown(person: Practitioner, *, unmasked: bool) -> dict[str, Any]:
    """What a page shows of a practitioner; nothing in it is in clear unless ``unmasked``."""
    today = timezone.localdate()
    papers = sorted(person.certificates.all(), key=lambda paper: (paper.valid_until, paper.pk))
    return {
        "pk": person.pk,
        "name": person.name if unmasked else masking.mask_name(person.name),
        "identity_no": person.identity_no if unmasked else masking.mask_identity_no(person.identity_no),
        "phone": person.phone if unmasked else masking.mask_phone(person.phone),
        "kind": person.get_kind_display(),
        "company": person.company,
        "county": person.county,
        "certificates": [
            {
                "category": paper.category,
                "number": paper.number if unmasked else masking.mask_number(paper.number),
                "valid_from": paper.valid_from,
                "valid_until": paper.valid_until,
                "validity": validity(paper.valid_until, today),
            }
            for paper in papers
        ],
    }
