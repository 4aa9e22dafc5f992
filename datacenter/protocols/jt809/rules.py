"""Who may say what, on which link, when, and what answers what (会话规则). JT/T 809-2011 and JT/T 809-2019, links.

Main link (主链路): the lower platform connects, logs in and keeps it alive. Sub link (从链路): the upper platform does.
Messages from below go over the main link, messages from above over the sub link; where one link is down the other
carries both.
"""

from enum import StrEnum


class Link(StrEnum):
    """The two links of a pair of platforms (链路)."""

    MAIN = "主链路"
    SUB = "从链路"


class End(StrEnum):
    """The two platforms (平台)."""

    SUPERIOR = "上级平台"
    SUBORDINATE = "下级平台"

    @property
    def other(self) -> "End":
        return End.SUPERIOR if self is End.SUBORDINATE else End.SUBORDINATE


class Phase(StrEnum):
    """Where a link stands (链路阶段)."""

    NEW = "未登录"
    ASKED = "登录中"
    UP = "已登录"
    LEAVING = "注销中"
    CLOSED = "已断开"


OPENER = {Link.MAIN: End.SUBORDINATE, Link.SUB: End.SUPERIOR}
"""Who connects, logs in, keeps alive and logs out."""

LOGIN, LOGIN_REPLY = {Link.MAIN: 0x1001, Link.SUB: 0x9001}, {Link.MAIN: 0x1002, Link.SUB: 0x9002}
LOGOUT, LOGOUT_REPLY = {Link.MAIN: 0x1003, Link.SUB: 0x9003}, {Link.MAIN: 0x1004, Link.SUB: 0x9004}
KEEP_ALIVE, KEEP_ALIVE_REPLY = {Link.MAIN: 0x1005, Link.SUB: 0x9005}, {Link.MAIN: 0x1006, Link.SUB: 0x9006}

UPKEEP: dict[Link, frozenset[int]] = {
    link: frozenset(one[link] for one in (LOGIN, LOGIN_REPLY, LOGOUT, LOGOUT_REPLY, KEEP_ALIVE, KEEP_ALIVE_REPLY))
    for link in Link
}
"""Messages that keep up one link, and are said on no other."""
BROKEN = {0x1007: Link.SUB, 0x9007: Link.MAIN}
"""Notices that the other link is broken, and the link they are said on."""
CLOSING = frozenset({0x1008, 0x9008})
"""Notices that both links are about to be closed."""
_REPLIES = frozenset({0x1002, 0x1004, 0x1006, 0x9002, 0x9004, 0x9006})


def sender_of(message_id: int) -> End:
    """Which platform says a message: 0x9… comes from above, but replies in the upkeep of a link go the other way."""
    above = bool(message_id & 0x8000)
    return End.SUPERIOR if above is not (message_id in _REPLIES) else End.SUBORDINATE


LAWFUL: dict[tuple[Phase, bool], tuple[str, ...] | None] = {
    (Phase.NEW, True): (),
    (Phase.NEW, False): ("login",),
    (Phase.ASKED, True): ("login_reply",),
    (Phase.ASKED, False): ("login",),
    (Phase.UP, True): None,
    (Phase.UP, False): None,
    (Phase.LEAVING, True): None,
    (Phase.LEAVING, False): None,
    (Phase.CLOSED, True): (),
    (Phase.CLOSED, False): ("login",),
}
"""What is taken in a phase, by whether one has opened the link oneself; None for all that the link carries."""
_IDS = {"login": LOGIN, "login_reply": LOGIN_REPLY}


def lawful(link: Link, phase: Phase, opened: bool) -> frozenset[int] | None:
    """Message ids that are taken on a link; None for all."""
    names = LAWFUL[phase, opened]
    return None if names is None else frozenset(_IDS[name][link] for name in names)


def right_link(message_id: int, link: Link, other_down: bool) -> bool:
    """Whether a message belongs on a link; the other link's traffic does while that is down."""
    if message_id in UPKEEP[link] or message_id in CLOSING:
        return True
    if any(message_id in ids for ids in UPKEEP.values()):
        return False
    if message_id in BROKEN:
        return BROKEN[message_id] is link
    return other_down or (sender_of(message_id) is OPENER[link])


ANSWERS: dict[int, int] = {
    0x9102: 0x1102,
    0x1201: 0x9201,
    0x1207: 0x9207,
    0x1208: 0x9208,
    0x1209: 0x9209,
    0x120E: 0x920D,
    0x9205: 0x1205,
    0x9206: 0x1206,
    0x920A: 0x120A,
    0x920B: 0x120B,
    0x920C: 0x120E,
    0x9301: 0x1301,
    0x9302: 0x1302,
    0x9401: 0x1401,
    0x9501: 0x1501,
    0x9502: 0x1502,
    0x9503: 0x1503,
    0x9504: 0x1504,
    0x9505: 0x1505,
    0x9601: 0x1601,
    0x1702: 0x9702,
    0x9801: 0x1801,
    0x9802: 0x1802,
    0x1901: 0x9901,
    0x9902: 0x1902,
    0x9A01: 0x1A01,
    0x9A02: 0x1A02,
    0x9B01: 0x1B01,
    0x1B02: 0x9B02,
    0x9B03: 0x1B03,
}
"""Requests and the sub-message (0x1102: message) that answers each. 0x1201 is answered since 2019."""

KEEP_ALIVE_S = 60.0
SILENT_S = 180.0
ANSWER_S = 30.0
"""Our own: the standard's intervals were not found. How often the opener says that it is there, how long the other end
may be silent before the link counts as lost, how long a login, a connection or a logout waits for its answer."""
