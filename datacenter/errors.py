"""The root of every refusal (业务错误).

A refusal is named for what went wrong, carries its facts as attributes, and says in one sentence to a person
what was wrong. Pages, the API and sockets render it alike: ``{"code", "message", "fields"}``.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """Something the rules of the trade refuse; ``facts`` become attributes."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    retryable: ClassVar[bool] = False
    message: str = "操作未被接受"

    def __init__(self, message: str = "", **facts: Any) -> None:
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)
        if message:
            self.message = message
        super().__init__(self.message)

    @property
    def fields(self) -> dict[str, list[str]]:
        """Which fields were wrong and why; empty where the refusal is not about a field."""
        return {}
