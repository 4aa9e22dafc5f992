"""Texts, events, questions, menus, telephone (信息与电话). JT/T 808-2013 and -2019, 0x8300 to 0x8401.

The driver behind the keys presses the first event, answers by a draw, orders the first item of a menu; after a while.
"""

from functools import partial

from datacenter.protocols.jt808.messages import Answer as DriversAnswer
from datacenter.protocols.jt808.messages import (
    CallBack,
    EventReport,
    EventSetting,
    Information,
    InformationMenu,
    InformationOrder,
    PhoneBook,
    Question,
    TextMessage,
)
from datacenter.simulator.desk import DONE, WRONG, Answer, Desk
from datacenter.simulator.draw import draw

from .table import answers

DELETE_ALL, DELETE_SOME = 0, 4
REPLACE = 1


@answers(0x8300)
def read_text(desk: Desk, order: TextMessage, serial: int) -> Answer:
    """Shown and read out; kept."""
    desk.read(str(order.text))
    return DONE


@answers(0x8301, until="2013")
def set_events(desk: Desk, order: EventSetting, serial: int) -> Answer:
    """The driver's keys. The first one that stays is pressed once."""
    events: dict[int, str] = desk.notes.kept.setdefault("events", {})
    listed = {one.id: str(one.text) for one in order.events or ()}
    if order.set_type in (DELETE_ALL, REPLACE):
        events.clear()
    if order.set_type == DELETE_SOME:
        for number in listed:
            events.pop(number, None)
    elif order.set_type != DELETE_ALL:
        events.update(listed)
    if events and order.set_type not in (DELETE_ALL, DELETE_SOME):
        desk.later(20.0, partial(desk.keep, EventReport(min(events))))
    return DONE


@answers(0x8302, until="2013")
def ask(desk: Desk, order: Question, serial: int) -> Answer:
    """The driver thinks, then chooses."""
    if not order.answers:
        return WRONG
    chosen = order.answers[draw("answer", desk.vehicle.index + serial) % len(order.answers)]
    desk.later(5.0, partial(desk.keep, DriversAnswer(serial, chosen.id)))
    return DONE


@answers(0x8303, until="2013")
def set_menu(desk: Desk, order: InformationMenu, serial: int) -> Answer:
    """What can be ordered; the first item is."""
    menu: dict[int, str] = desk.notes.kept.setdefault("menu", {})
    if order.set_type in (DELETE_ALL, REPLACE):
        menu.clear()
    if order.set_type != DELETE_ALL:
        menu.update({one.type: str(one.name) for one in order.items or ()})
        if menu:
            desk.later(20.0, partial(desk.keep, InformationOrder(min(menu), 1)))
    return DONE


@answers(0x8304, until="2013")
def read_information(desk: Desk, order: Information, serial: int) -> Answer:
    """Shown like a text."""
    desk.read(str(order.text))
    return DONE


@answers(0x8400)
def call_back(desk: Desk, order: CallBack, serial: int) -> Answer:
    """It rings that number; there is no telephone behind it."""
    if not order.phone:
        return WRONG
    desk.notes.calls.append((order.flag, str(order.phone)))
    return DONE


@answers(0x8401)
def set_contacts(desk: Desk, order: PhoneBook, serial: int) -> Answer:
    """Kept."""
    book: dict[str, str] = desk.notes.kept.setdefault("contacts", {})
    if order.set_type in (DELETE_ALL, REPLACE):
        book.clear()
    book.update({str(one.phone): str(one.name) for one in order.contacts or ()})
    return DONE
