"""Refusals about the registry, each named for what went wrong."""

from typing import Any

from datacenter.errors import DomainError


class NotRegistered(DomainError):
    """No such row, or none that this user may see: the two look alike on purpose."""

    code = "not_registered"
    status = 404
    message = "没有这条登记，或不在您的管辖范围内"


class EntryRefused(DomainError):
    """One or more fields of an entry are wrong; ``refused`` says of each field what is wrong with it."""

    code = "entry_refused"
    status = 422

    def __init__(self, refused: dict[str, list[str]]) -> None:
        super().__init__("；".join(text for texts in refused.values() for text in texts), refused=refused)
        self.refused = refused

    @property
    def fields(self) -> dict[str, list[str]]:
        """The fields and what is wrong with each."""
        return self.refused


class BindingRefused(DomainError):
    """This person can't be bound to this vehicle."""

    code = "binding_refused"
    status = 409


class TerminalRefused(DomainError):
    """This can't be done to a terminal in its state."""

    code = "terminal_refused"
    status = 409


class SheetUnreadable(DomainError):
    """An uploaded file is no table of ours at all: wrong kind, too large, no head, or broken."""

    code = "sheet_unreadable"
    status = 422

    @property
    def fields(self) -> dict[str, list[str]]:
        """The reason, at the field that people put the file into."""
        return {"file": [self.message]}


class SheetRefused(DomainError):
    """A table has faults, so nothing of it was taken; ``report`` lists them."""

    code = "sheet_refused"
    status = 422
    message = "表中有错误，没有导入任何一行"

    def __init__(self, report: Any) -> None:
        super().__init__(report=report)
        self.report = report
