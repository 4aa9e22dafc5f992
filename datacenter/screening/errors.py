"""Refusals of the screening desk, each named for what went wrong."""

from datacenter.errors import DomainError


class ItemNotFound(DomainError):
    """No such item, or none that this user may see: the two look alike on purpose."""

    code = "review_item_not_found"
    status = 404
    message = "没有这条待排查记录，或不在您的管辖范围内"


class ItemTaken(DomainError):
    """Somebody else is looking at it, or the time to look at it ran out and somebody else took it."""

    code = "review_item_taken"
    status = 409
    message = "这条记录正由其他人员排查，请处理下一条"


class ItemSettled(DomainError):
    """It has its answer already, or re-detection took the finding back."""

    code = "review_item_settled"
    status = 409

    def __init__(self, pk: int, state_label: str) -> None:
        super().__init__(f"这条记录当前为“{state_label}”，不能再排查", pk=pk, state=state_label)


class AnsweredBefore(DomainError):
    """One reviewer answers an item once; the other of a pair is somebody else."""

    code = "review_answered_before"
    status = 409
    message = "您已对这条记录给出意见，须由其他人员排查"


class CaseElsewhere(DomainError):
    """The finding's case was dispatched to another county since: it is that county's to judge."""

    code = "review_case_elsewhere"
    status = 409
    message = "案件已改派其他县区，由承办县区或市局排查"


class AnswerRefused(DomainError):
    """One field of an answer was left out or is wrong; ``field`` names it."""

    code = "review_answer_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}
