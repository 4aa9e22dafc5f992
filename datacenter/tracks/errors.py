"""Refusals of the live map and of tracks."""

from datacenter.errors import DomainError


class BadMapMessage(DomainError):
    """A map sent something that is no message; ``field`` says where."""

    code = "bad_message"
    message = "消息格式不正确"
    field: str

    def __init__(self, message: str = "", *, field: str) -> None:
        super().__init__(message, field=field)


class VehicleNotFound(DomainError):
    """No such vehicle inside the user's scope; whether it exists elsewhere is not said."""

    code = "vehicle_not_found"
    status = 404
    message = "没有这辆车，或它不在您的管辖范围内"


class BadSpan(DomainError):
    """A span of time that can't be read: end before start, too long, or no time at all."""

    code = "bad_span"
    message = "时间范围不正确"

    @property
    def fields(self) -> dict[str, list[str]]:
        return {str(self.facts.get("field", "start")): [self.message]}

