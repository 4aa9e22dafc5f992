"""Refusals of the archive."""

from __future__ import annotations

from typing import Any

from datacenter.errors import DomainError


class ArchiveDamaged(DomainError):
    """A file of the archive is not what was written: ``file`` and ``day`` say which, ``reason`` what is wrong."""

    code = "archive_damaged"
    status = 500

    def __init__(self, **facts: Any) -> None:
        super().__init__(
            f"{facts['day']} 的轨迹归档文件 {facts['file']} 已损坏（{facts['reason']}），请联系管理员恢复", **facts
        )


class ArchiveUnavailable(DomainError):
    """The archive's storage does not answer, or has no room: try again later."""

    code = "archive_unavailable"
    status = 503
    retryable = True

    def __init__(self, **facts: Any) -> None:
        super().__init__(f"轨迹归档存储暂不可用：{facts['reason']}", **facts)


class BadArchiveAddress(DomainError):
    """A setting that is no address of a storage."""

    code = "bad_archive_address"


class DayNotSealable(DomainError):
    """This day can't be sealed (now); the message says why."""

    code = "day_not_sealable"


class DayNotSealed(DomainError):
    """There is no archive of this day."""

    code = "day_not_sealed"


class DayBusy(DomainError):
    """Another process seals or restores this day, or its rows keep changing."""

    code = "day_busy"
    retryable = True
