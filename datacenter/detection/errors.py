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
