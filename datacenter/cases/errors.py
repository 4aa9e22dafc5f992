"""Refusals about cases, each named for what went wrong."""

from datacenter.errors import DomainError


class CaseNotFound(DomainError):
    """No such case, or none that this user may see: the two look alike on purpose."""

    code = "case_not_found"
    status = 404
    message = "没有这个案件，或不在您的管辖范围内"


class TransitionRefused(DomainError):
    """``verb`` can't be done to a case in ``state`` (DESIGN §6)."""

    code = "transition_refused"
    status = 409

    def __init__(self, number: str, state_label: str, verb_label: str) -> None:
        super().__init__(
            f"案件 {number} 当前为“{state_label}”，不能{verb_label}", number=number, state=state_label, verb=verb_label
        )


class NotYourLeg(DomainError):
    """The case was sent to another body than the one that this user works for."""

    code = "not_your_leg"
    status = 409

    def __init__(self, number: str) -> None:
        super().__init__(f"案件 {number} 没有派给您所在的机构，不能由您办理", number=number)


class FieldRefused(DomainError):
    """One field of a verb was left out or is wrong; ``field`` names it."""

    code = "field_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}
