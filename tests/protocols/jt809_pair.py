"""Two ends of a link of JT/T 809, and what a test asks of their events."""

from typing import Any

from datacenter.protocols.jt809.connection import Connection
from datacenter.protocols.jt809.events import BadFrame
from datacenter.protocols.jt809.header import Edition, Header, Key, sealed
from datacenter.protocols.jt809.messages import Location, LocationUp
from datacenter.protocols.jt809.rules import End, Link, Phase

CODE, VERIFY, NOW = 211_100_809, 54_321, 1_764_030_378.0
KEY = Key(m1=10_000_019, ia1=20_000_003, ic1=30_000_001)
PLATE: dict[str, Any] = {"plate": "辽LT0809", "plate_color": 2}
POSITION = LocationUp(
    Location(day=25, month=11, year=2026, hour=8, minute=0, second=0, longitude_deg=122.0, latitude_deg=41.0)
)


def pair(link: Link, edition: Edition = Edition.V2011, **options: Any) -> tuple[Connection, Connection]:
    """The opener of a link and the other end, not yet logged in."""
    opener = End.SUBORDINATE if link is Link.MAIN else End.SUPERIOR
    first = Connection(link, opener, edition=edition, access_code=CODE, **options)
    known: dict[str, Any] = {} if link is Link.MAIN else {"access_code": CODE}  # a lower platform knows its own
    return first, Connection(link, opener.other, edition=edition, **known, **options)


def only(events: list[Any], kind: type) -> Any:
    [event] = events
    assert type(event) is kind, event
    return event


def refusal(events: list[Any], kind: type) -> Any:
    error = only(events, BadFrame).error
    assert type(error) is kind, error
    return error


def up(link: Link, edition: Edition = Edition.V2011, **options: Any) -> tuple[Connection, Connection]:
    """The same, logged in."""
    opener, other = pair(link, edition, **options)
    if link is Link.MAIN:
        other.receive(opener.login(7, "secret", "127.0.0.1", 7613, NOW), NOW)
    else:
        other.verify_code = VERIFY
        other.receive(opener.connect(VERIFY, NOW), NOW)
    opener.receive(other.admit(VERIFY, NOW), NOW)
    assert opener.phase is other.phase is Phase.UP
    return opener, other


def heard(receiver: Connection, message_id: int, body: bytes = b"", **facts: Any) -> list[Any]:
    edition = receiver.edition or Edition.V2011
    header = Header(message_id, 1, facts.pop("access_code", CODE), edition, utc=int(NOW), **facts)
    return receiver.receive(sealed(header, body), NOW)
