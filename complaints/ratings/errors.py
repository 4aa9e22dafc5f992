"""Refusals of ratings, each named for what went wrong."""

from __future__ import annotations

from datacenter.errors import DomainError


class CodeUnknown(DomainError):
    """No sticker has this code, or it was revoked: the two look alike on purpose."""

    code = "rating_code_unknown"
    status = 404
    message = "评价码无效或已停用，请扫描车内的二维码"


class TooMany(DomainError):
    """One of the limits against abuse; ``rule`` names which."""

    code = "too_many_ratings"
    status = 429

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message, rule=rule)


class DriverNotFound(DomainError):
    """No such driver, or not for this reader."""

    code = "rated_driver_not_found"
    status = 404
    message = "没有这名驾驶员的评价"


class VehicleNotFound(DomainError):
    """No such taxi, or not for this reader."""

    code = "rated_vehicle_not_found"
    status = 404
    message = "没有这辆出租汽车"
