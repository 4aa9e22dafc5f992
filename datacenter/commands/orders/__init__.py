"""What can be ordered of a terminal (指令表): a row an order, with the form that a person fills in.

``ORDERS`` is the one table; pages, bulk orders and the emergency desk read it. Each order's form makes the messages for
the edition that a terminal speaks.
"""

from datacenter.commands.orders import areas, control, driver, location, media, settings, talk, video
from datacenter.commands.orders.base import Order, OrderForm, clean_gbk

ORDERS: dict[str, Order] = {
    order.code: order
    for module in (talk, location, media, video, driver, areas, settings, control)
    for order in module.ORDERS
}


def enter(*orders: Order) -> None:
    """Add a subsystem's orders behind the kernel's; from its ``ready()``."""
    ORDERS.update({order.code: order for order in orders})


__all__ = ["ORDERS", "Order", "OrderForm", "clean_gbk", "enter"]
