"""What lost property refuses (失物拒绝)."""

from __future__ import annotations

from datacenter.errors import DomainError


class ItemNotFound(DomainError):
    """No such thing, or none that this user may see: the two look alike on purpose."""

    code = "lost_item_not_found"
    status = 404
    message = "没有这件失物，或不在您的管辖范围内"


class RideNotFound(DomainError):
    """The ride is not there any more, or not the user's to see."""

    code = "ride_not_found"
    status = 404
    message = "没有这次乘车记录，可能已按补传的轨迹更新，请重新查询"


class ItemRefused(DomainError):
    """A step that the thing as it stands, or what was filled in, does not allow; ``field`` names it."""

    code = "lost_item_refused"
    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, field=field)
        self.field = field

    @property
    def fields(self) -> dict[str, list[str]]:
        """The field and what is wrong with it."""
        return {self.field: [self.message]}
