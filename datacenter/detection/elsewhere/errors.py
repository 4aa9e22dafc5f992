"""Refusals about vehicles from elsewhere."""

from typing import Any

from datacenter.errors import DomainError


class ForeignRefused(DomainError):
    """Columns that don't fit one another: nothing of them was kept."""

    code = "foreign_positions_refused"
    status = 422

    def __init__(self, field: str, value: Any, rule: str) -> None:
        super().__init__(f"外地车定位 {field} 应为{rule}，现为 {value!r}", field=field, value=value, rule=rule)


class LeadNotFound(DomainError):
    """No such lead, or none that this user may see."""

    code = "elsewhere_lead_not_found"
    status = 404
    message = "没有这条外地车线索，或不在您的管辖范围内"


class LeadSettled(DomainError):
    """It was confirmed or rejected before."""

    code = "elsewhere_lead_settled"
    status = 409

    def __init__(self, pk: int, state_label: str) -> None:
        super().__init__(f"这条线索当前为“{state_label}”，不能再核查", pk=pk, state=state_label)


class DecisionRefused(DomainError):
    """One field of a decision was left out or is wrong; ``field`` names it."""

    code = "elsewhere_decision_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}


class TooManyLeads(DomainError):
    """More rows than one file takes."""

    code = "too_many_rows"
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(f"超过 {most:,} 行，请缩小筛选范围后再导出", most=most)
