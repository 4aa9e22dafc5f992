"""Refusals of assessment and credit, each named for what went wrong."""

from datacenter.errors import DomainError


class SubjectNotFound(DomainError):
    """No such subject, month or row, or none that this user may see: they look alike on purpose."""

    code = "assessment_not_found"
    status = 404
    message = "没有这条考核记录，或不在您的查看范围内"


class MonthFrozen(DomainError):
    """A published month does not change: what is wrong in it is corrected beside it."""

    code = "assessment_month_frozen"
    status = 409
    message = "该月考核已公布并冻结，不能重新计算；如有差错请登记更正"


class NotToPublish(DomainError):
    """Something stands in the way of publishing a month; ``message`` says what."""

    code = "assessment_not_to_publish"
    status = 409


class FieldRefused(DomainError):
    """One field was left out or is wrong; ``field`` names it."""

    code = "assessment_field_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}


class AlreadyDone(DomainError):
    """It was decided, reversed, ended or asked for before."""

    code = "assessment_already_done"
    status = 409
    message = "已经处理过，不能重复操作"
