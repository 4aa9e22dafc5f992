"""Refusals about roadside checks, each named for what went wrong."""

from __future__ import annotations

from datacenter.errors import DomainError


class CheckNotFound(DomainError):
    """No such order or patrol, or none that this user may see: the two look alike on purpose."""

    code = "roadside_check_not_found"
    status = 404
    message = "没有这张核查单，或不属于您的执法队、辖区"


class CheckRefused(DomainError):
    """What was asked can't be done as the order or the patrol stands now."""

    code = "roadside_check_refused"
    status = 409


class CheckFieldRefused(DomainError):
    """One field was left out or is wrong; ``field`` names it."""

    code = "roadside_field_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}
