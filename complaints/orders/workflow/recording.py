"""What every verb of an order does alike: ask for the right, lock the case and then the order, write down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from complaints.orders.errors import FieldRefused, OrderNotFound, OrderRefused
from complaints.orders.models import CompanyRequest, Order, OrderEvent, OrderFile
from complaints.orders.selectors import orders_visible_to
from datacenter.accounts.permissions import require
from datacenter.cases.evidence import MAX_PHOTOS, store_photo
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.workflow import SYSTEM

CALLER = "来话人"


def lock(order: Order, by: Any, right: str, states: Sequence[str], verb: str, *, takes: bool = True) -> Order:
    """The order, locked behind its case, if ``by`` may do ``verb`` to it as it stands.

    One that is nobody's is theirs from then on, unless ``takes`` is false.

    The case comes first since its own verbs lock it before they reach the order. Raises ``NotAllowed``,
    ``OrderNotFound`` or ``OrderRefused``.
    """
    require(by, right)
    if order.case_id is not None:
        list(cases_visible_to(by).select_for_update(of=("self",)).filter(pk=order.case_id).values_list("pk"))
    locked = orders_visible_to(by).select_for_update(of=("self",)).filter(pk=order.pk).first()
    if locked is None:
        raise OrderNotFound(number=order.number)
    if locked.state not in states:
        raise OrderRefused(locked.number, locked.get_state_display(), verb)
    if takes and locked.operator_id is None:
        locked.operator = by
    return locked


def note(order: Order, what: str, *, by: Any, note: str = "", public: bool = False, by_name: str = "") -> None:
    """Write one event of the order; ``public``: the caller reads it too."""
    name = by_name or (str(by) if by is not None else SYSTEM)
    OrderEvent.objects.create(
        order=order, at=timezone.now(), what=what, note=note, by=by, by_name=name, public=public
    )  # fmt: skip


def keep_photos(order: Order, photos: Sequence[UploadedFile], request: CompanyRequest | None = None) -> None:
    """Check and keep pictures by their content. Raises ``FieldRefused`` naming the file."""
    if len(photos) > MAX_PHOTOS:
        raise FieldRefused("photos", f"一次最多上传 {MAX_PHOTOS} 张照片")
    stored = [store_photo(photo) for photo in photos]
    OrderFile.objects.bulk_create(
        OrderFile(
            order=order, request=request, name=file.name, content_type=file.content_type, sha256=file.sha256,
            size_bytes=file.size_bytes, path=file.path, at=timezone.now(),
        )
        for file in stored
    )  # fmt: skip


def said(field: str, text: str, missing: str) -> str:
    """``text`` without blanks around it. Raises ``FieldRefused`` for none."""
    if not text.strip():
        raise FieldRefused(field, missing)
    return text.strip()
