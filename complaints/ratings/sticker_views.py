"""Stickers (评价码): which taxis have one, making them, and the sheets to print."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from complaints.ratings import selectors, workflow
from complaints.ratings.errors import VehicleNotFound
from complaints.ratings.models import RatingCode
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.papers.rendering import render as typeset
from datacenter.registry.paging import page_of

MOST_ON_SHEETS = 120
"""Stickers of one file, eight a page."""
_WORDS = 40


def _words(parameters: Any, name: str = "q") -> str:
    return str(parameters.get(name, "")).strip().replace("\0", "")[:_WORDS]


@require_safe
@needs("rating.view")
def stickers(request: HttpRequest) -> HttpResponse:
    """评价码: the taxis in one's scope with their stickers, fifty a page."""
    words = _words(request.GET)
    taxis = selectors.taxis_with_code(request.user, words)
    page = page_of(taxis, request.GET, "plate")
    plates = list(_held(request.user, words).values_list("plate", flat=True))
    context = {
        # A file takes so many; the next ones begin behind the last plate of the one before.
        "further": list(enumerate(plates[MOST_ON_SHEETS - 1 : len(plates) - 1 : MOST_ON_SHEETS], 2)),
        "page": page, "q": words, "made": selectors.codes_visible_to(request.user).count(),
        "missing": selectors.taxis_with_code(request.user).filter(sticker=None).count(),
        "may_change": request.user.may("rating.change"), "most": MOST_ON_SHEETS,
    }  # fmt: skip
    return render(request, "complaints/ratings/stickers.html", context)


@needs("rating.change")
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make the codes that are missing among the taxis found."""
    words = _words(request.POST)
    taxis = selectors.taxis_with_code(request.user, words).filter(sticker=None)[: workflow.MOST_CODES]
    number = workflow.make_codes(list(taxis), by=request.user)
    messages.success(request, _("已生成 %(number)s 个评价码") % {"number": number})
    return redirect(reverse("rating-stickers") + (f"?{urlencode({'q': words})}" if words else ""))


@require_POST
@needs("rating.change")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """A sticker is void from now on."""
    code = selectors.codes_visible_to(request.user).filter(vehicle=pk).first() if pk < 2**63 else None
    if code is None:
        raise VehicleNotFound(vehicle=pk)
    workflow.revoke_code(code, by=request.user)
    messages.success(request, _("%(plate)s 的评价码已作废") % {"plate": code.plate})
    return redirect("rating-stickers")


@require_safe
@never_cache
@needs("rating.view")
def sheet(request: HttpRequest) -> HttpResponse:
    """The stickers of the taxis found as a PDF to print, eight a page; the next ones by ``after``."""
    words, after = _words(request.GET), _words(request.GET, "after")
    rows = _held(request.user, words)
    if after:
        rows = rows.filter(plate__gt=after)
    codes = list(rows[:MOST_ON_SHEETS])
    content = typeset("rating_stickers", _data(codes), at=timezone.now(), pictures=_pictures(request, codes))
    audit.record(request, "rating.sheet", rows=len(codes))
    headers = {"Content-Disposition": 'attachment; filename="rating-stickers.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _held(user: Any, words: str) -> QuerySet[RatingCode]:
    """The stickers of the taxis found, by plate."""
    rows = selectors.codes_visible_to(user)
    return rows.filter(Q(plate__icontains=words) | Q(company_name__icontains=words)) if words else rows


def _data(codes: list[RatingCode]) -> dict[str, Any]:
    return {
        "stickers": [
            {"plate": f"{code.plate[:2]}·{code.plate[2:]}", "company": code.company_name, "picture": f"{code.pk}.png",
             "code": code.code}
            for code in codes
        ]
    }  # fmt: skip


def _pictures(request: HttpRequest, codes: list[RatingCode]) -> dict[str, bytes]:
    return {
        f"{code.pk}.png": picture(request.build_absolute_uri(reverse("ride-rate", args=[code.code]))) for code in codes
    }


def picture(address: str) -> bytes:
    """The QR code of an address as PNG; a quarter of it may be scratched away (level Q)."""
    buffer = io.BytesIO()
    segno.make(address, error="q", micro=False).save(buffer, kind="png", scale=8, border=2)
    return buffer.getvalue()
