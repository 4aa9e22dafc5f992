"""How provinces lay out the identification of an alarm (报警标识号的地方做法), and which layout bytes follow.

Provinces took over the ids of T/JSATL 12-2017, but not one layout of the identification. Nothing in a frame names the
practice; an edition in the header does not either. So it is what a setting says (``following``) where that fits the
length, else what the length admits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from datacenter.protocols.errors import ProtocolError


class Practice(StrEnum):
    """Whose layout is followed (地方做法)."""

    JIANGSU = "jiangsu"  # T/JSATL 12-2017
    GUANGDONG = "guangdong"  # T/GDRTA 002-2020
    HEILONGJIANG = "heilongjiang"
    HUNAN = "hunan"
    SICHUAN = "sichuan"


@dataclass(frozen=True, slots=True)
class Shape:
    """Bytes of the terminal's id and of what is reserved behind the count of attachments."""

    title: str
    id_bytes: int
    reserved_bytes: int

    @property
    def tag_bytes(self) -> int:
        """Bytes of the whole identification: between the two there are a time, a number and a count."""
        return self.id_bytes + 8 + self.reserved_bytes


SHAPES: dict[str, Shape] = {
    Practice.JIANGSU: Shape("江苏（T/JSATL 12-2017）", 7, 1),
    Practice.GUANGDONG: Shape("广东（T/GDRTA 002-2020）", 30, 2),
    Practice.HEILONGJIANG: Shape("黑龙江", 30, 0),
    Practice.HUNAN: Shape("湖南", 7, 17),  # the length alone is known: what lies behind the first 15 bytes is kept
    Practice.SICHUAN: Shape("四川", 30, 1),
}
"""In the order in which they are tried."""

_NAMED: ContextVar[str] = ContextVar("practice", default="")


class UnknownPractice(ProtocolError):
    """A practice that has no shape here."""

    code = "unknown-practice"

    def __init__(self, practice: str) -> None:
        super().__init__(f"没有地方做法 {practice!r}", practice=practice)


@contextmanager
def following(practice: str) -> Iterator[None]:
    """Inside, ``practice`` is tried first; empty for none. Raises ``UnknownPractice``."""
    if practice and practice not in SHAPES:
        raise UnknownPractice(practice)
    token = _NAMED.set(practice)
    try:
        yield
    finally:
        _NAMED.reset(token)


def practice_that(fits: Callable[[Shape], bool]) -> str:
    """The practice whose shape fits, the named one before the others; where none fits the named one, or Jiangsu's."""
    named = _NAMED.get()
    if named and fits(SHAPES[named]):
        return named
    return next((practice for practice, shape in SHAPES.items() if fits(shape)), named or Practice.JIANGSU)
