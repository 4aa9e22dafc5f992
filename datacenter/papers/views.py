"""Papers to take away (文书下载)."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.selectors import get_case_for
from datacenter.papers.evidence import evidence_pdf


@require_GET
@needs("case.view")
def case_evidence(request: HttpRequest, number: str) -> HttpResponse:
    """导出证据材料: the evidence of one case as PDF; who took it, and its digest, is written down."""
    case = get_case_for(request.user, number)
    content = evidence_pdf(case, request.user)
    audit.record(request, "case.evidence", number, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
    headers = {
        "Content-Disposition": f'attachment; filename="evidence-{case.number}.pdf"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
