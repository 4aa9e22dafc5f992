"""The two catalogues that every theme of this package enters its messages in.

``MESSAGES`` holds what a header names: link messages and the families that carry sub-messages (业务数据类型).
``SUB_MESSAGES`` holds what lies inside a family (子业务类型), by its own id; the id's high byte is the family's.
"""

from typing import Any, ClassVar

from datacenter.protocols.layout import Catalogue, Message

MESSAGES = Catalogue("jt809")
message = MESSAGES.message
SUB_MESSAGES = Catalogue("jt809 sub")
sub_message = SUB_MESSAGES.message


class SubMessage(Message):
    """Base of the tables of sub-messages."""

    __slots__ = ()

    LEADS: ClassVar[bool] = False
    """Whether the fields lie in front of the data length in 2019."""
    SINCE: ClassVar[str] = "2011"
    """The first edition that has the sub-message."""


def sub_form(sub_type: int) -> Any:
    """The table of a sub-type; None where there is none."""
    return SUB_MESSAGES.forms.get(sub_type)


def family_of(sub_type: int) -> int:
    """The message id that carries a sub-type: 0x1202 lies in 0x1200."""
    return sub_type & 0xFF00
