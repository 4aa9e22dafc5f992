"""Field kinds of JT/T 808 alone (字段类型): text that keeps its padding, times that name no moment, fields by bits.

Terminals pad on either side, leave clocks unset and put hexadecimal where decimals are due. What such a field says is
read as far as it goes, and it encodes back to the bytes that came.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any

from datacenter.protocols.errors import BadText, FieldError
from datacenter.protocols.layout import Struct
from datacenter.protocols.wire import Bcd, BcdDate, BcdTime, Integer, Kind, Reader, Repeated, Text


class KeptStr(str):
    """Text whose bytes were not what writing it would give; ``raw`` keeps them."""

    __slots__ = ("raw",)
    raw: bytes


def kept(text: str, raw: bytes) -> KeptStr:
    """``text`` as it came in ``raw``."""
    out = KeptStr(text)
    out.raw = raw
    return out


class KeptText(Text):
    """GBK text that encodes back to the very bytes it came in, wherever its padding lies.

    ``lossy`` reads bytes that are no GBK as U+FFFD, for fields that mix text and numbers.
    """

    def __init__(
        self, size: int | None = None, *, count: Integer | None = None, count_name: str = "", lossy: bool = False
    ) -> None:
        super().__init__(size, count=count, count_name=count_name)
        self.lossy = lossy

    def read(self, reader: Reader) -> str:
        size = self.count.read(reader) if self.count else self.size
        start = reader.pos
        raw = reader.rest() if size is None else reader.take(size)
        return self.text(raw, start)

    def text(self, raw: bytes, start: int = 0) -> str:
        """What ``raw`` says. Raises ``BadText`` at the offset counted from ``start``."""
        stripped = raw.strip(b"\0")
        try:
            text = stripped.decode("gb18030", "replace" if self.lossy else "strict")
        except UnicodeDecodeError as fault:
            raise BadText(raw, start + fault.start) from None
        encoded = text.encode("gb18030")
        if self.size is not None:
            encoded = encoded.ljust(self.size, b"\0")
        return text if encoded == raw else kept(text, raw)

    def write(self, value: str, edition: str = "") -> bytes:
        if isinstance(value, KeptStr) and self.size in (None, len(value.raw)):
            return (self.count.write(len(value.raw)) if self.count else b"") + value.raw
        return super().write(value, edition)

    def beside(self, value: str) -> dict[str, Any]:
        if self.count_name and isinstance(value, KeptStr):
            return {self.count_name: len(value.raw)}
        return super().beside(value)


class MakerId(KeptText):
    """Maker of 0x0107: 5 bytes by the 2019 text, 11 as in 0x0100 by real terminals of 2019.

    Eleven are read where the two lengths behind then end the body exactly and with five they don't.
    """

    title = "STRING[5]，2019 终端亦有 STRING[11]"
    LONG = 11

    def __init__(self, behind: int) -> None:
        super().__init__(5)
        self.behind = behind  # bytes between the maker and the first length

    def read(self, reader: Reader) -> str:
        start = reader.pos
        if self._fits(reader, start, 5) or not self._fits(reader, start, self.LONG):
            return super().read(reader)
        raw = reader.take(self.LONG)
        return kept(self.text(raw, start), raw)

    def _fits(self, reader: Reader, start: int, size: int) -> bool:
        at = start + size + self.behind
        for _ in range(2):
            if at >= reader.end:
                return False
            at += 1 + reader.data[at]
        return at + 2 == reader.end

    def write(self, value: str, edition: str = "") -> bytes:
        if isinstance(value, KeptStr) and len(value.raw) == self.LONG:
            return value.raw
        return super().write(value, edition)


class LooseTime(Kind[Any]):
    """YYMMDDhhmmss; what names no moment stays its twelve digits, so that it costs nothing around it."""

    size = 6
    title = "BCD[6] YYMMDDhhmmss"

    def __init__(self, base: BcdTime | None = None) -> None:
        self.base = base or BcdTime()

    def read(self, reader: Reader) -> Any:
        start = reader.pos
        digits = reader.take(6).hex().upper()
        reader.pos = start
        try:
            return self.base.read(reader)
        except FieldError:
            return digits

    def write(self, value: Any, edition: str = "") -> bytes:
        return _DIGITS_6.write(value) if isinstance(value, str) else self.base.write(value)

    def show(self, value: Any) -> str:
        return value if isinstance(value, str) else self.base.show(value)


class DailyTime(LooseTime):
    """A moment, or with the date 00-00-00 a time of every day (每天). JT/T 808-2019, messages 0x8600 to 0x8606."""

    title = "BCD[6] YYMMDDhhmmss，日期全 0 为每天"

    def read(self, reader: Reader) -> Any:
        value = super().read(reader)
        if isinstance(value, str) and value.startswith("000000") and value.isdecimal():
            hour, minute, second = int(value[6:8]), int(value[8:10]), int(value[10:12])
            if hour < 24 and minute < 60 and second < 60:
                return time(hour, minute, second)
        return value

    def write(self, value: Any, edition: str = "") -> bytes:
        if isinstance(value, time):
            return bytes.fromhex("000000" + value.strftime("%H%M%S"))
        return super().write(value, edition)

    def show(self, value: Any) -> str:
        return f"00-00-00 {value:%H:%M:%S}" if isinstance(value, time) else super().show(value)


class OpenTime(LooseTime):
    """A moment, or none where all digits are zero: no limit on that side. JT/T 808-2019, messages 0x8802, 0x8803."""

    title = "BCD[6] YYMMDDhhmmss，全 0 为不限"

    def read(self, reader: Reader) -> Any:
        value = super().read(reader)
        return None if value == "000000000000" else value

    def write(self, value: Any, edition: str = "") -> bytes:
        return bytes(6) if value is None else super().write(value, edition)

    def show(self, value: Any) -> Any:
        return None if value is None else super().show(value)


class LooseDate(Kind[Any]):
    """YYYYMMDD; what names no day stays its eight digits."""

    size = 4
    title = "BCD[4] YYYYMMDD"
    base = BcdDate()

    def read(self, reader: Reader) -> Any:
        start = reader.pos
        digits = reader.take(4).hex().upper()
        reader.pos = start
        try:
            return self.base.read(reader)
        except FieldError:
            return digits

    def write(self, value: Any, edition: str = "") -> bytes:
        return _DIGITS_4.write(value) if isinstance(value, str) else self.base.write(value)

    def show(self, value: Any) -> str:
        if isinstance(value, str):
            return f"{value[:4]}-{value[4:6]}-{value[6:]}"
        return self.base.show(value)


_DIGITS_4, _DIGITS_6 = Bcd(4), Bcd(6)


class IfBit(Kind[Any]):
    """A field that is there where bit ``bit`` of the earlier field ``attribute`` is set; None otherwise."""

    def __init__(self, attribute: str, bit: int, kind: Kind[Any]) -> None:
        self.attribute, self.bit, self.kind = attribute, bit, kind
        self.title = f"{kind.title}（位 {bit} 为 1 时有）"

    def present(self, known: Mapping[str, Any]) -> bool:
        """Whether the field is there, by the fields before it."""
        return bool(known[self.attribute] >> self.bit & 1)

    def read(self, reader: Reader) -> Any:
        return self.kind.read(reader) if self.present(reader.known) else None

    def write(self, value: Any, edition: str = "") -> bytes:
        return b"" if value is None else self.kind.write(value, edition)

    def show(self, value: Any) -> Any:
        return None if value is None else self.kind.show(value)

    def beside(self, value: Any) -> dict[str, Any]:
        return {} if value is None else self.kind.beside(value)

    def of(self, value: Any) -> Kind[Any]:
        return self.kind.of(value)


class Since2019(Kind[Any]):
    """A field that older editions don't have, for lists whose items aren't told the edition when shown.

    None is written as ``empty``.
    """

    def __init__(self, kind: Kind[Any], empty: Any = None) -> None:
        self.kind, self.empty = kind, empty
        self.title = f"{kind.title}（2019）"

    def read(self, reader: Reader) -> Any:
        return self.kind.read(reader) if reader.edition == "2019" else None

    def write(self, value: Any, edition: str = "") -> bytes:
        if edition != "2019":
            return b""
        return self.kind.write(self.empty if value is None else value, edition)

    def show(self, value: Any) -> Any:
        return self.kind.show(value)

    def beside(self, value: Any) -> dict[str, Any]:
        return {} if value is None else self.kind.beside(value)

    def of(self, value: Any) -> Kind[Any]:
        return self.kind.of(value)


class BareItem(Repeated):
    """One item where the standard has a counted list of them: shown among the fields around it."""

    def __init__(self, form: type) -> None:
        super().__init__(Struct(form), times=1)
        self.flat = True
        self.title = form.__name__

    def show(self, value: tuple[Any, ...]) -> Any:
        return self.item.show(value[0]) if value else {}
