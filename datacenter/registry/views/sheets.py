"""Import and export (导入导出): upload, look at what would come in and what is wrong, confirm; take a list home.

Nothing is written before the confirmation, and then all rows or none.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.registry import selectors
from datacenter.registry.errors import NotRegistered, SheetRefused, SheetUnreadable
from datacenter.registry.forms import CompanyFilters, PractitionerFilters, TerminalFilters, VehicleFilters
from datacenter.registry.sheets import pending, writing
from datacenter.registry.sheets.columns import SHEETS, Sheet
from datacenter.registry.sheets.reading import MOST_BYTES
from datacenter.registry.sheets.storing import import_sheet, preview

_SHOWN_ROWS, _SHOWN_FAULTS = 20, 200
_LISTS = {
    "companies": "company-list",
    "vehicles": "vehicle-list",
    "practitioners": "practitioner-list",
    "terminals": "terminal-list",
    "permits": "company-list",
}


class UploadForm(forms.Form):
    """Which table, and the file."""

    kind = forms.ChoiceField(label="表", choices=[(sheet.kind, sheet.title) for sheet in SHEETS.values()])
    file = forms.FileField(
        label="文件",
        help_text=f"Excel（.xlsx）或 CSV（UTF-8、GBK），不超过 {MOST_BYTES // 1024 // 1024} MB；第一行为表头",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv", "class": "form-control"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].widget.attrs["class"] = "form-select"

    def clean_file(self) -> Any:
        """The upload, before any of it is read into memory."""
        upload = self.cleaned_data["file"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请分几次导入")
        return upload


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs("registry.import")
def import_page(request: HttpRequest) -> HttpResponse:
    """The form; after an upload, what would come in or what is wrong. Writes nothing."""
    if request.method != "POST":
        return _form(request, UploadForm(initial={"kind": request.GET.get("kind", "vehicles")}))
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    sheet, upload = SHEETS[form.cleaned_data["kind"]], form.cleaned_data["file"]
    data = upload.read()
    try:
        lines, report = preview(data, sheet, by=request.user)
    except SheetUnreadable as refusal:
        form.add_error("file", refusal.message)
        return _form(request, form, status=422)
    kept = pending.keep(request.user, sheet, data, upload.name)
    titles = [column.title for column in sheet.columns if column in lines[0].cells]
    context = _faults(report) | {
        "sheet": sheet,
        "file_name": upload.name,
        "token": kept.token,
        "titles": titles,
        "lines": [
            (line.number, [line.cells[c] for c in sheet.columns if c in line.cells]) for line in lines[:_SHOWN_ROWS]
        ],
    }
    return render(request, "registry/import_preview.html", context, status=200 if report.clean else 422)


@require_POST
@needs("registry.import")
def import_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the table that was looked at; it is checked once more, since others work too."""
    kept = pending.find(request.user, token)
    try:
        rows = import_sheet(kept.data, kept.sheet, by=request.user)
    except SheetRefused as refusal:
        context = _faults(refusal.report) | {"sheet": kept.sheet, "file_name": kept.file_name, "token": token}
        return render(request, "registry/import_preview.html", context, status=422)
    pending.drop(kept)
    text = gettext("已导入 %(rows)s 行到“%(sheet)s”")
    messages.success(request, text % {"rows": f"{rows:,}", "sheet": kept.sheet.title})
    return redirect(_LISTS[kept.sheet.kind])


@require_GET
@never_cache
@needs("registry.import")
def import_report(request: HttpRequest, token: str) -> HttpResponse:
    """What is wrong with an uploaded table, as a file to work through."""
    kept = pending.find(request.user, token)
    report = preview(kept.data, kept.sheet, by=request.user)[1]
    return _file(writing.report(report), writing.CSV, f"{kept.sheet.title}导入报告.csv")


@require_GET
@needs("registry.import")
def import_template(request: HttpRequest, kind: str) -> HttpResponse:
    """The empty form of a table."""
    sheet = _sheet(kind)
    return _file(writing.template(sheet, "xlsx"), writing.XLSX, f"{sheet.title}导入模板.xlsx")


@require_GET
@never_cache
@needs("registry.export")
def export_sheet(request: HttpRequest, kind: str) -> HttpResponse:
    """The list that is on the screen, as a file: same scope, same filters, same masks. Written down."""
    sheet = _sheet(kind)
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    right, rows = _rows(request, kind)
    require(request.user, right)
    data = writing.export(rows, sheet, format)
    filters = {name: value for name, value in request.GET.items() if name != "q"}  # q may be somebody's number
    audit.record(request, "registry.export", sheet.title, format=format, filters=filters, rows=rows.count())
    return _file(data, writing.TYPES[format], f"{sheet.title}{timezone.localdate():%Y%m%d}.{format}")


def _rows(request: HttpRequest, kind: str) -> tuple[str, QuerySet[Any]]:
    """(right to see such rows, rows in scope that the list's filters let through)."""
    user, asked = request.user, request.GET
    if kind == "vehicles":
        return "vehicle.view", VehicleFilters(asked, user=user).cut(selectors.vehicles_visible_to(user))
    if kind == "terminals":
        return "vehicle.view", TerminalFilters(asked, user=user).cut(selectors.terminals_visible_to(user))
    if kind == "practitioners":
        rows = PractitionerFilters(asked, user=user).cut(selectors.practitioners_visible_to(user))
        return "practitioner.view", rows
    companies = CompanyFilters(asked, user=user).cut(selectors.companies_visible_to(user))
    if kind == "permits":
        ids = companies.order_by().values("pk")
        return "company.view", selectors.permits_visible_to(user).filter(company_id__in=ids)
    return "company.view", companies


def _sheet(kind: str) -> Sheet:
    if kind not in SHEETS:
        raise NotRegistered("没有这种表")
    return SHEETS[kind]


def _form(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "sheets": SHEETS.values()}
    return render(request, "registry/import_form.html", context, status=status)


def _faults(report: Any) -> dict[str, Any]:
    errors, warnings = report.errors, report.warnings
    return {
        "report": report,
        "errors": errors[:_SHOWN_FAULTS],
        "error_count": len(errors),
        "warnings": warnings[:_SHOWN_FAULTS],
        "warning_count": len(warnings),
    }


def _file(data: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
