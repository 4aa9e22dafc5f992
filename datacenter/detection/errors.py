"""Refusals about detection."""

from datacenter.errors import DomainError


class LimitsRefused(DomainError):
    """A limit that a detector does not know, or a value that it can't have."""

    code = "limits_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The limit and what is wrong with it."""
        return {self.field: [self.message]}


class FindingNotFound(DomainError):
    """No such finding, or none that this user may see."""

    code = "finding_not_found"
    status = 404
    message = "没有这条疑似违规，或不在您的管辖范围内"


class LimitRowNotFound(DomainError):
    """No such row of limits, or none that this user may see."""

    code = "limit_row_not_found"
    status = 404
    message = "没有这一行判定参数，或不在您的管辖范围内"


class LimitRowEnded(DomainError):
    """A row of limits that has ended can't be ended or replaced again."""

    code = "limit_row_ended"
    status = 409
    message = "这一行判定参数已经终止，请刷新页面"


class DetectorNotFound(DomainError):
    """No detector of this code is installed."""

    code = "detector_not_found"
    status = 404
    message = "没有这条检测规则"


class BacktestNotFound(DomainError):
    """No such back-test, or none that this user may see."""

    code = "backtest_not_found"
    status = 404
    message = "没有这次回测，或不在您的管辖范围内"


class BacktestUnderWay(DomainError):
    """A user runs one back-test at a time."""

    code = "backtest_under_way"
    status = 409
    message = "您已有一次回测正在进行，请等它完成或先取消"
