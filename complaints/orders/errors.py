"""Refusals about work orders, each named for what went wrong."""

from datacenter.cases.errors import FieldRefused
from datacenter.errors import DomainError

__all__ = ["FieldRefused", "KeyRefused", "OrderNotFound", "OrderRefused", "RequestNotFound"]


class OrderNotFound(DomainError):
    """No such order, or none that this reader may see: the two look alike on purpose."""

    code = "order_not_found"
    status = 404
    message = "没有这件工单，或不在您的管辖范围内"


class RequestNotFound(DomainError):
    """No such question to a company, or not to this one."""

    code = "request_not_found"
    status = 404
    message = "没有这件核实要求，或不是向本企业提出的"


class OrderRefused(DomainError):
    """``verb`` can't be done to an order as it stands."""

    code = "order_refused"
    status = 409

    def __init__(self, number: str, state_label: str, verb: str) -> None:
        super().__init__(
            f"工单 {number} 当前为“{state_label}”，不能{verb}", number=number, state=state_label, verb=verb
        )


class KeyRefused(DomainError):
    """The key of a platform is missing, wrong or no longer in force."""

    code = "key_refused"
    status = 401
    message = "密钥无效或已停用"
