"""Refusals about emergency calls, each named for what went wrong."""

from datacenter.errors import DomainError


class CallNotFound(DomainError):
    """No such call, or none that this user may see: the two look alike on purpose."""

    code = "emergency_not_found"
    status = 404
    message = "没有这条紧急报警，或不在您的管辖范围内"


class CallRefused(DomainError):
    """``verb`` can't be done to a call as it stands; somebody else may have been faster."""

    code = "emergency_refused"
    status = 409

    def __init__(self, state_label: str, verb_label: str) -> None:
        super().__init__(f"该报警当前为“{state_label}”，不能{verb_label}", state=state_label, verb=verb_label)


class NoteMissing(DomainError):
    """A verb that has to say something and doesn't; ``field`` names it."""

    code = "field_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}


class TooManyCalls(DomainError):
    """More rows than one file takes."""

    code = "too_many_rows"
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(f"超过 {most:,} 行，请缩小筛选范围后再导出", most=most)
