"""The page behind a taxi's sticker (扫码评价): who holds the code rates, and sees nothing but that taxi's plate.

The request has the scope of the code: PostgreSQL shows it that sticker's rows. A device is told by a cookie of its own,
and its address; both are kept as keyed hashes.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from complaints.ratings import workflow
from complaints.ratings.errors import CodeUnknown, TooMany
from complaints.ratings.forms import RateForm
from complaints.ratings.models import RideRating
from datacenter.accounts import audit, lockout

COOKIE = "rate_device"
_YEAR_S = 365 * 86_400
# No user can have this name, so nobody is kept from signing in by it.
_DOOR = "\0ride-rating"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rate(request: HttpRequest, code: str) -> HttpResponse:
    """评价本次乘车: three taps for who is content, a reason for who is not."""
    address = request.META.get("REMOTE_ADDR", "")
    context: dict[str, Any] = {"code": code}
    if lockout.is_locked(_DOOR, address):
        context["refused"] = TooMany("codes", "扫码失败次数过多，请 15 分钟后再试").message
        return _page(request, context, 429)
    try:
        context["sticker"] = workflow.code_of(code)
    except CodeUnknown as refusal:
        lockout.note_failure(_DOOR, address)
        audit.record(request, "rating.code", succeeded=False)
        context["refused"] = refusal.message
        return _page(request, context, refusal.status)
    form = context["form"] = RateForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, context, 200)
    if not form.is_valid():
        return _page(request, context, 422)
    device = request.COOKIES.get(COOKIE, "")[:64] or secrets.token_urlsafe(18)
    try:
        rating = workflow.rate(code, device=device, address=address, **form.cleaned_data)
    except TooMany as refusal:
        context["refused"] = refusal.message
        return _page(request, context, refusal.status)
    context |= {"rating": rating, "counted": rating.standing == RideRating.Standing.COUNTED}
    if rating.grade == RideRating.Grade.COMPLAINT:
        context["complain"] = "/travel/complain/?" + urlencode({"plate": rating.code.plate})
    response = _page(request, context, 200)
    response.set_cookie(
        COOKIE, device, max_age=_YEAR_S, path="/travel/rate/", httponly=True, samesite="Lax", secure=settings.HTTPS
    )
    return response


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "complaints/ratings/rate.html", context, status=status)
