"""Messages that are no positions on their way to the worker (上报事项), and how each is answered after the commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from datacenter.facts import envelope
from datacenter.gateway.batches import Reply
from datacenter.ingest.batch import STORED
from datacenter.protocols.jt808.messages import MediaReply
from datacenter.protocols.jt905.events import MediumAssembled

if TYPE_CHECKING:
    from datacenter.gateway.session import Session


def hand_in(session: Session, event: Any) -> None:
    """Hand a decoded message to the shard; its terminal hears of it once it is committed."""
    header, shard = event.header, session.shard
    assert shard is not None
    packed = envelope.pack(session.connection.edition, header.serial, session.phone, event.body)
    special = REPLIES.get((envelope.protocol_of(session.connection.edition), header.message_id))
    serials = event.serials or (header.serial,)
    shard.add_fact(session, header.message_id, serials, packed, special(event) if special else None)


def hand_in_medium(session: Session, event: MediumAssembled) -> None:
    """A photo or recording of JT/T 905, whole: its parts have been answered one by one, so nothing more is owed.

    It travels as the one part that holds everything.
    """
    medium = event.medium
    whole = replace(medium.first, size=len(medium.content), offset=0, data=medium.content)
    if session.shard is not None:
        packed = envelope.pack(session.connection.edition, event.header.serial, session.phone, whole.encode())
        session.shard.add_fact(session, medium.message_id, (), packed)


def _media_reply(event: Any) -> Reply:
    """0x8800 in place of 0x8001 (JT/T 808-2019, message 0x0801): the recording is there as a whole."""
    media_id, header = event.message.media_id, event.header

    def reply(session: Session, result: int) -> None:
        if result == STORED:
            session.send(MediaReply(media_id))
        else:
            session.answer(header.serial, header.message_id, result)

    return reply


REPLIES: dict[tuple[str, int], Callable[[Any], Reply]] = {("jt808", 0x0801): _media_reply}
"""Answers of their own, by protocol and message; every other fact is answered with 0x8001."""
