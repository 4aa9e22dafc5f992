"""Who looked at a case (查阅记录): pages, API, attachments, evidence and lists taken out, from the audit record.

For the city's administrators and regulators; the audit record is shut to everybody else, also in the database.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.models import AuditRecord
from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks
from datacenter.cases.models import Case
from datacenter.cases.states import Verb

NEWEST = 8
_WHAT = {
    "view": _("查看案件"),
    "api": _("经接口查看"),
    "attachment": _("打开附件"),
    "evidence": _("导出证据材料"),
    "exported": _("随清单导出"),
}


def may_see_looks(user: Any) -> bool:
    """Whether ``user`` is told who looked at a case."""
    return scope_of(user).level == "city" and (user.may("audit.view") or user.may("case.looks"))


def looks_visible_to(user: Any, case: Case) -> QuerySet[AuditRecord]:
    """Everything that is written down about looks at a case and what was done to it, the newest first.

    An index of the audit record by its subject answers it, however long the record is.
    """
    rows = AuditRecord.objects.filter(subject=case.number, action__startswith="case.").select_related("user__unit")
    return rows.order_by("-at", "-pk") if may_see_looks(user) else rows.none()


def in_words(record: AuditRecord) -> str:
    """What somebody did, as people say it."""
    name = record.action.removeprefix("case.")
    if name in Verb.values:
        return str(Verb(name).label)
    return str(_WHAT.get(name, record.action))


def spoken(records: list[AuditRecord]) -> list[dict[str, Any]]:
    """Lines of the block and the page: when, who, of which body, what, from where."""
    return [
        {
            "at": record.at,
            "who": str(record.user) if record.user else "—",
            "body": record.user.unit.name if record.user and record.user.unit else "",
            "what": in_words(record),
            "address": record.address or "",
            "succeeded": record.succeeded,
        }
        for record in records
    ]


def _block(case: Case, user: Any) -> dict[str, Any] | None:
    if not may_see_looks(user):
        return None
    records = list(looks_visible_to(user, case)[: NEWEST + 1])
    return {"lines": spoken(records[:NEWEST]), "more": len(records) > NEWEST}


def register() -> None:
    """Put the block on every case's page, behind what the case is about."""
    blocks.register(blocks.Block("cases/_looks.html", _block))
