"""Refusals of the live map and of tracks."""

from datacenter.errors import DomainError


class BadMapMessage(DomainError):
    """A map sent something that is no message; ``field`` says where."""

    code = "bad_message"
    message = "消息格式不正确"
    field: str

    def __init__(self, message: str = "", *, field: str) -> None:
        super().__init__(message, field=field)


class BadSpan(DomainError):
    """A span of time that can't be read: end before start, too long, or no time at all."""

    code = "bad_span"
    message = "时间范围不正确"

    @property
    def fields(self) -> dict[str, list[str]]:
        return {str(self.facts.get("field", "start")): [self.message]}


class BadQuestion(DomainError):
    """A question that can't be asked; ``fields`` says what is wrong where."""

    code = "bad_question"
    status = 422
    message = "查询条件不正确"

    @property
    def fields(self) -> dict[str, list[str]]:
        return dict(self.facts.get("errors", {}))
