"""Anybody checks a certificate (信用证明查验): its code opens that one certificate, and shows what it says and no more.

The request has the scope of the code: PostgreSQL shows it that one row. Failures are counted as those of signing in.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from datacenter.accounts import audit, lockout
from datacenter.accounts.scope import Scope, entered
from datacenter.assessment.credit.forms import VerifyForm
from datacenter.assessment.models import CreditCertificate

# No user can have this name, so nobody is kept from signing in by it.
_DOOR = "\0credit-verify"


@require_safe
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """信用证明查验: a form, and what the certificate of a code says."""
    address = request.META.get("REMOTE_ADDR", "")
    context: dict[str, Any] = {"form": VerifyForm(request.GET if "code" in request.GET else None)}
    form, status = context["form"], 200
    if form.is_bound:
        if lockout.is_locked(_DOOR, address):
            context["refused"] = _("查验失败次数过多，请 %(minutes)s 分钟后再试") % {"minutes": lockout.LOCKED_S // 60}
            status = 429
        elif form.is_valid():
            found = _by_code(form.cleaned_data["code"])
            context["found"] = found
            if found is None:
                context["refused"] = _("没有这个验证码的信用证明，请核对后重试")
                lockout.note_failure(_DOOR, address)
                audit.record(request, "credit.verify", succeeded=False)
                status = 404
        else:
            lockout.note_failure(_DOOR, address)
            status = 422
    return render(request, "credit/verify.html", context, status=status)


def _by_code(code: str) -> dict[str, Any] | None:
    with entered(Scope("certificate", code)):
        row = CreditCertificate.objects.filter(code=code).first()
    if row is None:
        return None
    state = "revoked" if row.revoked_at else "expired" if row.valid_until < timezone.localdate() else "valid"
    return {"number": row.number, "content": row.content, "state": state, "revoked_at": row.revoked_at}
