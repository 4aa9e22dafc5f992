"""Sends the pictures of orders (工单附件): as the type their bytes say, and never as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpResponse

from complaints.orders.errors import OrderNotFound
from complaints.orders.models import OrderFile
from datacenter.cases.pictures import GUARD, picture_type, small_copy


def send(file: OrderFile, *, thumb: bool) -> HttpResponse:
    """The picture, small or whole. Raises ``OrderNotFound`` where it is not in the store."""
    path = Path(settings.MEDIA_ROOT) / file.path
    content_type = picture_type(path) if path.is_file() else None
    if content_type is None:
        raise OrderNotFound("附件文件不在存储中，请联系系统管理员", file=file.pk)
    if thumb:
        try:
            small = small_copy(path)
        except (OSError, SyntaxError, ValueError) as fault:  # breaks off in the middle: kept, not drawn
            raise OrderNotFound("照片不完整，不能显示缩略图", file=file.pk) from fault
        return HttpResponse(small, content_type="image/jpeg", headers=GUARD)
    name = file.name or path.name
    whole: Any = FileResponse(path.open("rb"), filename=name, content_type=content_type, headers=GUARD)
    sent: HttpResponse = whole  # a streaming one is answered like any other
    return sent
