"""Uploaded tables between the check and the confirmation (待确认的导入), half an hour, each for its uploader only."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from datacenter.registry.errors import NotRegistered
from datacenter.registry.sheets.columns import SHEETS, Sheet

_KEPT_S = 30 * 60


@dataclass(frozen=True, slots=True)
class Pending:
    """A table that waits for its confirmation."""

    token: str
    sheet: Sheet
    data: bytes
    file_name: str


def keep(user: Any, sheet: Sheet, data: bytes, file_name: str) -> Pending:
    """Keeps an upload; the token in the answer's address finds it again."""
    token = secrets.token_urlsafe(24)
    cache.set(_key(token), (user.pk, sheet.kind, data, file_name), _KEPT_S)
    return Pending(token, sheet, data, file_name)


def find(user: Any, token: str) -> Pending:
    """The upload of this user with that token; raises ``NotRegistered`` when it is gone or somebody else's."""
    kept = cache.get(_key(token))
    if kept is None or kept[0] != user.pk:
        raise NotRegistered("上传的文件已过期（30 分钟），请重新上传")
    return Pending(token, SHEETS[kept[1]], kept[2], kept[3])


def drop(pending: Pending) -> None:
    """Forgets an upload."""
    cache.delete(_key(pending.token))


def _key(token: str) -> str:
    return f"registry:import:{token}"
