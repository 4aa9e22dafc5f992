"""Pages of credit (交通征信): grades, one subject's file, lists, repair, certificates, rules, export."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.assessment import paper
from datacenter.assessment.credit import export as exports
from datacenter.assessment.credit import selectors, workflow
from datacenter.assessment.credit.forms import GradeFilters, ListingForm
from datacenter.assessment.credit.grading import by_trade
from datacenter.assessment.errors import SubjectNotFound
from datacenter.assessment.models import AssessmentSetting, CreditGrade, CreditListing, CreditRepair, CreditRule
from datacenter.assessment.models.subjects import GRADED, Kind
from datacenter.geo.counties import counties
from datacenter.registry.masking import mask_name
from datacenter.registry.paging import PAGE_SIZE, page_of


def _name(row: Any) -> str:
    return mask_name(row.name) if row.kind == Kind.PRACTITIONER else row.name


@require_safe
@needs("credit.view")
def overview(request: HttpRequest) -> HttpResponse:
    """交通征信: the newest grade of each company, vehicle or practitioner."""
    filters = GradeFilters(request.GET, request.user)
    wanted = filters.wanted()
    every = selectors.current_grades(request.user, wanted["kind"])
    rows = every
    for name, column in (("grade", "grade"), ("county", "county_id")):
        if wanted[name]:
            rows = rows.filter(**{column: wanted[name]})
    if wanted["q"]:
        how = "name" if wanted["kind"] == Kind.PRACTITIONER else "name__icontains"
        rows = rows.filter(**{how: wanted["q"].strip()})
    page = page_of(rows, request.GET, "name")
    keys = [row.subject for row in page.rows]
    listed = selectors.standing_listings(request.user).filter(kind=wanted["kind"], subject__in=keys)
    colours = {row.subject: row for row in listed}
    names = dict(counties().values_list("code", "name"))
    counts = dict(every.order_by().values_list("grade").annotate(n=Count("pk")))
    context = {
        "filters": filters, "wanted": wanted, "page": page, "kinds": GRADED, "today": timezone.localdate(),
        "counts": [(grade, counts.get(grade, 0)) for grade in CreditGrade.Grade.values],
        "lines": [
            {"row": row, "name": _name(row), "county": names.get(row.county_id or "", ""),
             "listed": colours.get(row.subject)}
            for row in page.rows
        ],
        "may_change": request.user.may("credit.change"), "waiting": _waiting(request.user),
    }  # fmt: skip
    return render(request, "credit/overview.html", context)


def _waiting(user: Any) -> int:
    return selectors.repairs_visible_to(user).filter(state=CreditRepair.State.ASKED).count()


@require_safe
@never_cache
@needs("credit.view")
def subject(request: HttpRequest, kind: str, subject: str) -> HttpResponse:
    """One subject's file: grades with how they were counted, lists, repair, certificates."""
    user = request.user
    who = selectors.subject_for(user, kind, subject)
    whose = {"kind": kind, "subject": subject}
    grades = list(selectors.grades_visible_to(user).filter(**whose).select_related("by").order_by("-pk")[:24])
    context = {
        "who": who, "name": mask_name(who.name) if who.kind == Kind.PRACTITIONER else who.name, "kind": who.kind,
        "current": grades[0] if grades else None, "grades": grades, "today": timezone.localdate(),
        "code": workflow.subject_code(kind, subject, masked=True),
        "listings": selectors.listings_visible_to(user).filter(**whose),
        "repairs": selectors.repairs_visible_to(user).filter(**whose),
        "certificates": selectors.certificates_visible_to(user).filter(**whose)[:PAGE_SIZE],
        "may_change": user.may("credit.change"), "colours": CreditListing.Colour.choices,
    }  # fmt: skip
    return render(request, "credit/subject.html", context)


@require_POST
@needs("credit.change")
def grade(request: HttpRequest) -> HttpResponse:
    """Grade all subjects of a kind anew."""
    kind = request.POST.get("kind", "")
    number = workflow.grade(kind, by=request.user)
    audit.record(request, "credit.grade", kind, count=number)
    messages.success(request, _("已评定 %(number)s 个对象") % {"number": number})
    return redirect(f"{reverse('credit')}?kind={kind}")


@require_safe
@needs("credit.view")
def rules(request: HttpRequest) -> HttpResponse:
    """How grades come about: every row with its source."""
    context = {
        "kinds": by_trade(list(CreditRule.objects.all())),
        "settings": AssessmentSetting.objects.filter(code__in=("certificate_days", "listing_months")),
    }
    return render(request, "credit/rules.html", context)


@require_safe
@needs("credit.view")
def lists(request: HttpRequest) -> HttpResponse:
    """红黑名单: who is listed, and who was."""
    colour = request.GET.get("colour", "")
    rows = selectors.listings_visible_to(request.user)
    if colour in CreditListing.Colour.values:
        rows = rows.filter(colour=colour)
    page = page_of(rows.annotate(newest=-F("pk")), request.GET, "newest")
    context = {
        "page": page, "colour": colour, "colours": CreditListing.Colour.choices, "today": timezone.localdate(),
        "lines": [{"row": row, "name": _name(row)} for row in page.rows],
        "may_change": request.user.may("credit.change"),
    }  # fmt: skip
    return render(request, "credit/lists.html", context)


@require_POST
@needs("credit.change")
def enter_listing(request: HttpRequest, kind: str, subject: str) -> HttpResponse:
    """Enter a subject in a list."""
    selectors.subject_for(request.user, kind, subject)  # what one may not see is not there, whatever the form says
    row = workflow.enter_listing(kind, subject, ListingForm(request.POST).listing(), by=request.user)
    audit.record(request, "credit.list", f"{kind} {subject}", colour=row.colour, until=row.valid_until)
    messages.success(request, _("已列入%(list)s") % {"list": row.get_colour_display()})
    return redirect("credit-subject", kind, subject)


@require_POST
@needs("credit.change")
def end_listing(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry off its list."""
    row = workflow.end_listing(
        pk, end=CreditListing.End.WITHDRAWN, note=request.POST.get("note", ""), by=request.user
    )  # fmt: skip
    audit.record(request, "credit.list.end", f"{row.kind} {row.subject}", listing=pk)
    messages.success(request, _("已移出名单"))
    return redirect("credit-subject", row.kind, row.subject)


@require_POST
@needs("credit.view")
def ask_repair(request: HttpRequest, kind: str, subject: str) -> HttpResponse:
    """Ask for repair."""
    row = workflow.ask_repair(kind, subject, reason=request.POST.get("reason", ""), by=request.user)
    audit.record(request, "credit.repair", f"{kind} {subject}", repair=row.pk)
    messages.success(request, _("修复申请已提交"))
    return redirect("credit-subject", kind, subject)


@require_safe
@needs("credit.view")
def repairs(request: HttpRequest) -> HttpResponse:
    """信用修复: what waits, and what was decided."""
    rows = selectors.repairs_visible_to(request.user)
    waiting = rows.filter(state=CreditRepair.State.ASKED).order_by("asked_at", "pk")
    context = {
        "waiting": [{"row": row, "name": _name(row)} for row in waiting[:PAGE_SIZE]],
        "decided": [
            {"row": row, "name": _name(row)} for row in rows.exclude(state=CreditRepair.State.ASKED)[:PAGE_SIZE]
        ],
        "total": waiting.count(),
        "may_change": request.user.may("credit.change"),
    }
    return render(request, "credit/repairs.html", context)


@require_POST
@needs("credit.change")
def decide_repair(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Grant or refuse a repair."""
    if verb not in ("grant", "refuse"):
        raise SubjectNotFound(verb=verb)
    row = workflow.decide_repair(pk, grant=verb == "grant", note=request.POST.get("note", ""), by=request.user)
    audit.record(request, f"credit.repair.{verb}", f"{row.kind} {row.subject}", repair=pk)
    messages.success(request, row.get_state_display())
    return redirect("credit-repairs")


@require_POST
@needs("credit.change")
def certify(request: HttpRequest, kind: str, subject: str) -> HttpResponse:
    """Issue a certificate of standing."""
    row = workflow.issue(kind, subject, by=request.user)
    audit.record(request, "credit.certify", row.number, kind=kind)
    messages.success(request, _("已出具信用证明 %(number)s") % {"number": row.number})
    return redirect("credit-subject", kind, subject)


@require_POST
@needs("credit.change")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a certificate back."""
    row = workflow.revoke(pk, note=request.POST.get("note", ""), by=request.user)
    audit.record(request, "credit.revoke", row.number)
    messages.success(request, _("信用证明已撤销"))
    return redirect("credit-subject", row.kind, row.subject)


@require_safe
@never_cache
@needs("credit.view")
def certificate_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """A certificate on paper, with the code and where to check it."""
    row = selectors.certificates_visible_to(request.user).filter(pk=pk).first()
    if row is None:
        raise SubjectNotFound(pk=pk)
    content = paper.certificate_pdf(row, request.build_absolute_uri(reverse("credit-verify")))
    audit.record(request, "credit.certificate", row.number, size_bytes=len(content))
    headers = {
        "Content-Disposition": f'attachment; filename="credit-{row.number}.pdf"', "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_safe
@needs("credit.change")
def export(request: HttpRequest) -> HttpResponse:
    """征信报送: what goes to the city's credit system, people's numbers in full; each time is written down."""
    require(request.user, "personal_data.unmask")
    format = "json" if request.GET.get("format") == "json" else "csv"
    content, number = exports.as_json(request.user) if format == "json" else exports.as_csv(request.user)
    audit.record(request, "credit.export", format, rows=number)
    name = f"credit-{timezone.localdate():%Y%m%d}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    content_type = "application/json" if format == "json" else "text/csv; charset=utf-8"
    return HttpResponse(content, content_type=content_type, headers=headers)
