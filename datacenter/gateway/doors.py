"""Which standard a socket speaks, JT/T 808 or JT/T 905, and who may come in by the second (共用端口的识别).

Both share one port. A socket begins as one of JT/T 808; the first frame that this standard can't take is looked at
here. JT/T 905 has neither registration nor authentication, so a taxi terminal (ISU) comes in by two things: its number
is registered as one of that standard, and its address lies in the networks the registry allows. Nothing it sends is
acknowledged before.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from datacenter.gateway.metrics import REFUSED
from datacenter.ingest.batch import TAXI_FRAME
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.frame import FLAG, escape
from datacenter.protocols.jt905.connection import Connection
from datacenter.protocols.jt905.header import EDITION, looks_like, open_frame
from datacenter.registry.directory import Entry, stripped

if TYPE_CHECKING:
    from datacenter.gateway.session import Session

FIRST_OF_808 = frozenset({0x0100, 0x0102})
"""What a terminal of JT/T 808 begins with; JT/T 905 has no such messages."""


def turn_to_taxi(session: Session, raw: bytes) -> bytes | None:
    """The wire bytes of ``raw`` if it is JT/T 905's and its ISU may come in; the session then speaks that standard.

    Empty bytes where the session was closed instead; None where the frame is none of JT/T 905. The registry decides
    whose number it is: what is registered for JT/T 808 stays so, whatever it begins with. Of a number in no registry
    the shape decides (``looks_like``), and it is noted for adoption.
    """
    try:
        header, _ = open_frame(raw)
    except ProtocolError:
        return None
    if header.message_id in FIRST_OF_808:
        return None
    gateway = session.gateway
    entry = gateway.directory.get(header.isu)
    if entry is None:
        if not looks_like(raw):
            return None
        gateway.strangers.note(header.isu, EDITION, session.remote)
        return _refused(session, "unknown_isu")
    if entry.edition != EDITION:
        return None
    if not allowed(entry, session.remote):
        return _refused(session, "wrong_network")
    session.connection.let_go()
    session.connection = Connection(header.isu, budget=gateway.assemblies)
    session.form = TAXI_FRAME
    gateway.enter(session, stripped(header.isu), entry)
    return FLAG + escape(raw) + FLAG


def _refused(session: Session, reason: str) -> bytes:
    REFUSED.inc(reason)
    session.close(reason)
    return b""


def reason_to_leave(session: Session, entry: Entry) -> str:
    """Why a session has to end now that the registry says ``entry`` of its terminal; empty where it may stay."""
    if session.form != TAXI_FRAME:
        return ""
    if entry.edition != EDITION:
        return "struck_off"
    return "" if allowed(entry, session.remote) else "wrong_network"


def allowed(entry: Entry, remote: str) -> bool:
    """Whether a terminal may come from ``remote`` (address:port); with no network named, from anywhere."""
    try:
        networks = _networks(entry.networks)
        if not networks:
            return True
        address = ip_address(remote.rpartition(":")[0])
    except ValueError:  # no address, or a network that went round the registry's rule: nobody is let in by mistake
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


@lru_cache(4096)
def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part) for part in text.split())
