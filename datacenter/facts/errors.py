"""Why a report can't be shown (终端上报)."""

from datacenter.errors import DomainError


class ReportNotFound(DomainError):
    """No such report, or outside the user's scope."""

    code = "not_found"
    status = 404
    message = "没有找到这条终端上报"
