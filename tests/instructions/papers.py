"""Instructions for tests, sent as the city sends them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from datacenter.accounts.models import User
from datacenter.geo.models import County
from datacenter.instructions import workflow
from datacenter.instructions.drafting import Draft
from datacenter.instructions.models import Instruction, InstructionTask
from tests import factories

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def draft(counties: Sequence[str] = (factories.DAWA,), **facts: Any) -> Draft:
    """A paper for these counties, due in three days."""
    facts = {
        "title": "冬季危货运输检查",
        "text": "对清单内车辆逐一检查。",
        "kind": Instruction.Kind.CAMPAIGN,
        "due_at": timezone.now() + timedelta(days=3),
        **facts,
    }
    return Draft(counties=list(County.objects.filter(pk__in=counties).order_by("pk")), **facts)


def issue(by: User, counties: Sequence[str] = (factories.DAWA,), **facts: Any) -> Instruction:
    """A paper that was sent."""
    now = facts.pop("now", None)
    return workflow.issue_instruction(draft(counties, **facts), by=by, now=now)


def task_of(instruction: Instruction, county: str = factories.DAWA) -> InstructionTask:
    """One county's task, as it stands."""
    return InstructionTask.objects.select_related("instruction").get(instruction=instruction, county_id=county)


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    """An uploaded file, whatever its browser says of it."""
    return SimpleUploadedFile(name, data, "application/octet-stream")


def sheet(*rows: Sequence[object]) -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(**members: bytes) -> bytes:
    """A zip archive; a member's name has / for __."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in members.items():
            packed.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()
