"""Why an order can't be given (指令下发被拒)."""

from datacenter.errors import DomainError


class NoTerminal(DomainError):
    """A vehicle without a terminal in use."""

    code = "no-terminal"
    status = 409

    def __init__(self, plate: str) -> None:
        super().__init__(f"{plate} 没有在用终端，无法下发指令", plate=plate)


class NotSpoken(DomainError):
    """The terminal's standard has no such order."""

    code = "not-spoken"
    status = 409

    def __init__(self, order: str, edition: str) -> None:
        super().__init__(f"{edition} 终端不支持“{order}”", order=order, edition=edition)


class CommandNotFound(DomainError):
    """No such command, or outside the user's scope."""

    code = "not_found"
    status = 404
    message = "没有找到这条指令"


class NotCancellable(DomainError):
    """Only what still waits can be taken back."""

    code = "not-cancellable"
    status = 409

    def __init__(self, state: str) -> None:
        super().__init__(f"指令“{state}”，不能撤销", state=state)


class TooManyVehicles(DomainError):
    """A selection past the bound of one batch."""

    code = "too-many-vehicles"

    def __init__(self, count: int, most: int) -> None:
        super().__init__(f"选中了 {count} 辆车，一次最多下发 {most} 辆", count=count, most=most)

    @property
    def fields(self) -> dict[str, list[str]]:
        return {"vehicles": [self.message]}


class NobodySelected(DomainError):
    """A selection that no vehicle fits, or none whose terminal speaks the order."""

    code = "nobody-selected"
    message = "没有符合条件且支持该指令的车辆"

    @property
    def fields(self) -> dict[str, list[str]]:
        return {"vehicles": [self.message]}
