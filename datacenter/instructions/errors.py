"""Refusals about instructions, each named for what went wrong."""

from __future__ import annotations

from datacenter.errors import DomainError


class InstructionNotFound(DomainError):
    """No such instruction, task, item or file, or none that this user may see: the two look alike on purpose."""

    code = "instruction_not_found"
    status = 404
    message = "没有这条指令，或不在您的管辖范围内"


class StepRefused(DomainError):
    """What was asked can't be done as the instruction or the task stands now."""

    code = "instruction_step_refused"
    status = 409

    def __init__(self, verb_label: str, state_label: str) -> None:
        super().__init__(f"当前为“{state_label}”，不能{verb_label}", verb=verb_label, state=state_label)


class InstructionFieldRefused(DomainError):
    """One field was left out or is wrong; ``field`` names it."""

    code = "instruction_field_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}
