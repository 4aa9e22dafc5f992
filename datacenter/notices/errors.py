"""Refusals of notices, each named for what went wrong."""

from datacenter.errors import DomainError


class NoticeNotFound(DomainError):
    """No such notice, or somebody else's: the two look alike on purpose."""

    code = "notice_not_found"
    status = 404
    message = "没有这条通知"


class UnknownTopic(DomainError):
    """A topic that stands in no table: a fault of who calls, not of who reads."""

    code = "unknown_topic"
    status = 500
    message = "没有这个通知主题"


class TooManyNotices(DomainError):
    """More rows than one file takes."""

    code = "too_many_notices"
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(f"超过 {most:,} 行，请缩小筛选范围后再导出", most=most)
