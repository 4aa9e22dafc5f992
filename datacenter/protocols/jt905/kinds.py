"""Field kinds of JT/T 905.2 alone (字段类型): its coordinates, its texts ended by zero, the taximeter's BCD.

A taximeter speaks BCD with an implied decimal point. Amounts and distances are read as ``Decimal`` (money is no
float), shown as the digits on the wire. A nibble above 9 is refused here; the fields in which devices are known to
send binary instead stay digit strings (``wire.Bcd``).
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from datacenter.protocols.errors import BadBcd, BadText, BadTime, FieldError, UnfitValue
from datacenter.protocols.wire import GMT8, U8, U16, Integer, Kind, Reader, Scaled

UNITS_A_DEGREE = 600_000
"""Coordinates come in units of 0.0001 minute."""


class Degrees(Scaled):
    """A latitude or longitude in 1/600000 degree."""

    def __init__(self, base: Integer) -> None:
        super().__init__(base, 1 / UNITS_A_DEGREE)
        self.title = f"{base.title}，单位 0.0001 分"


class Bearing(Kind[int]):
    """A direction in steps of two degrees, north 0, clockwise; an odd one is written as the step below it."""

    size = 1
    title = "BYTE，单位 2 度"

    def read(self, reader: Reader) -> int:
        return 2 * U8.read(reader)

    def write(self, value: int, edition: str = "") -> bytes:
        return U8.write(self.show(value))

    def show(self, value: int) -> int:
        if not isinstance(value, int):
            raise UnfitValue(value, self.title)
        return value // 2


class TextTooLong(FieldError):
    """A text of more bytes than the standard gives its field."""

    code = "text-too-long"

    def __init__(self, limit: int, had: int, offset: int = 0) -> None:
        super().__init__(f"文本不得超过 {limit} 字节，实有 {had} 字节", limit=limit, had=had, offset=offset)


class Terminated(Kind[str]):
    """GBK text ended by one zero byte (STRING), of ``limit`` bytes at most, the zero not counted.

    A text that the body's end cuts off without its zero is read all the same: some devices leave the last one out.
    """

    title = "STRING，以 00 结尾"

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        if limit:
            self.title += f"，最长 {limit} 字节"

    def read(self, reader: Reader) -> str:
        start = reader.pos
        end = reader.data.find(b"\0", start, reader.end)
        raw = reader.rest() if end < 0 else reader.take(end - start)
        if end >= 0:
            reader.take(1)
        if self.limit and len(raw) > self.limit:
            raise TextTooLong(self.limit, len(raw), start)
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError as fault:
            raise BadText(raw, start + fault.start) from None

    def write(self, value: str, edition: str = "") -> bytes:
        try:
            raw = value.encode("gb18030")
        except (UnicodeEncodeError, AttributeError):
            raise UnfitValue(value, self.title) from None
        if b"\0" in raw or (self.limit and len(raw) > self.limit):
            raise UnfitValue(value, self.title)
        return raw + b"\0"


def digits_of(reader: Reader, size: int) -> str:
    """``2 * size`` decimal digits. Raises ``BadBcd``."""
    start = reader.pos
    raw = reader.take(size)
    digits = raw.hex()
    if not digits.isdecimal():
        raise BadBcd(raw, start)
    return digits


class BcdNumber(Kind[int]):
    """A count in BCD, shown as its digits."""

    def __init__(self, size: int) -> None:
        self.size, self.title = size, f"BCD[{size}]"

    def read(self, reader: Reader) -> int:
        return int(digits_of(reader, self.size or 0))

    def write(self, value: int, edition: str = "") -> bytes:
        return bytes.fromhex(self.show(value))

    def show(self, value: int) -> str:
        width = 2 * (self.size or 0)
        if not isinstance(value, int) or not 0 <= value < 10**width:
            raise UnfitValue(value, self.title)
        return f"{value:0{width}d}"


class BcdDecimal(Kind[Decimal]):
    """An amount or a distance in BCD with ``places`` digits behind the implied point, shown as its digits."""

    def __init__(self, size: int, places: int) -> None:
        self.number, self.places, self.size = BcdNumber(size), places, size
        self.title = f"BCD[{size}]，{places} 位小数"

    def read(self, reader: Reader) -> Decimal:
        return Decimal(self.number.read(reader)).scaleb(-self.places)

    def write(self, value: Decimal, edition: str = "") -> bytes:
        return bytes.fromhex(self.show(value))

    def show(self, value: Decimal) -> str:
        try:
            steps = Decimal(value).scaleb(self.places)
            whole = int(steps)
        except (ArithmeticError, TypeError, ValueError):
            raise UnfitValue(value, self.title) from None
        if steps != whole:
            raise UnfitValue(value, self.title)
        return self.number.show(whole)


class BcdClock(Kind[time]):
    """A time of day without its date, hhmm in BCD[2]."""

    size = 2
    title = "BCD[2] hhmm"

    def read(self, reader: Reader) -> time:
        start = reader.pos
        digits = digits_of(reader, 2)
        hour, minute = int(digits[:2]), int(digits[2:])
        if hour > 23 or minute > 59:
            raise BadTime(bytes.fromhex(digits), start)
        return time(hour, minute)

    def write(self, value: time, edition: str = "") -> bytes:
        return bytes.fromhex(self.show(value))

    def show(self, value: time) -> str:
        return f"{value.hour:02d}{value.minute:02d}"


class BcdDuration(Kind[timedelta]):
    """How long something lasted: hhmm in BCD[2], hhmmss in BCD[3]; up to 99 hours."""

    def __init__(self, size: int) -> None:
        self.size, self.title = size, f"BCD[{size}] {'hhmmss' if size == 3 else 'hhmm'}"

    def read(self, reader: Reader) -> timedelta:
        start, size = reader.pos, self.size or 0
        digits = digits_of(reader, size)
        hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
        if minutes > 59 or seconds > 59:
            raise BadTime(bytes.fromhex(digits), start)
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def write(self, value: timedelta, edition: str = "") -> bytes:
        return bytes.fromhex(self.show(value))

    def show(self, value: timedelta) -> str:
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        if not 0 <= minutes < 6000 or (self.size == 2 and seconds):
            raise UnfitValue(value, self.title)
        digits = f"{minutes // 60:02d}{minutes % 60:02d}"
        return f"{digits}{seconds:02d}" if self.size == 3 else digits


class BcdMinute(Kind[datetime]):
    """YYMMDDhhmm as BCD[5], GMT+8; years are 2000 to 2099."""

    size = 5
    title = "BCD[5] YYMMDDhhmm"

    def read(self, reader: Reader) -> datetime:
        start = reader.pos
        return _moment("20" + digits_of(reader, 5), reader.data[start : reader.pos], start)

    def write(self, value: datetime, edition: str = "") -> bytes:
        local = value.astimezone(GMT8)
        if not 2000 <= local.year <= 2099:
            raise UnfitValue(value, self.title)
        return bytes.fromhex(local.strftime("%y%m%d%H%M"))

    def show(self, value: datetime) -> str:
        return value.astimezone(GMT8).strftime("%Y-%m-%d %H:%M")


def _moment(digits: str, raw: bytes, offset: int) -> datetime:
    """The moment that YYYYMMDDhhmm, and ss where there are two digits more, name. Raises ``BadTime``."""
    month, day, hour, minute, second = (int(digits[i : i + 2] or 0) for i in range(4, 14, 2))
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=GMT8)
    except ValueError:
        raise BadTime(raw, offset) from None


@dataclass(frozen=True, slots=True)
class DutyTime:
    """A moment on the meter's clock, and which of the two spellings the device has for it."""

    at: datetime
    to_the_second: bool = False


class BcdDutyTime(Kind[DutyTime | None]):
    """Power-on and power-off times of sign-in and sign-out, BCD[6]. None: all zeros, the meter knows none.

    Public codecs disagree: YYYYMMDDhhmm in one, YYMMDDhhmmss in another. A second byte above 0x12 can't be a month, so
    it is the year's second half; a device's spelling is kept and written again. YYYYMMDDhhmm of the years 2000 to 2012
    would be misread; the standard is of 2014.
    """

    size = 6
    title = "BCD[6] YYYYMMDDhhmm 或 YYMMDDhhmmss"

    def read(self, reader: Reader) -> DutyTime | None:
        start = reader.pos
        digits = digits_of(reader, 6)
        if digits == "0" * 12:
            return None
        raw = reader.data[start : reader.pos]
        if raw[1] > 0x12:
            return DutyTime(_moment(digits, raw, start))
        return DutyTime(_moment("20" + digits, raw, start), to_the_second=True)

    def write(self, value: DutyTime | None, edition: str = "") -> bytes:
        if value is None:
            return bytes(6)
        local = value.at.astimezone(GMT8)
        if value.to_the_second:
            if not 2000 <= local.year <= 2099:
                raise UnfitValue(value, self.title)
            return bytes.fromhex(local.strftime("%y%m%d%H%M%S"))
        if local.year % 100 <= 12 or local.second:  # would be read as the other spelling, or lose its seconds
            raise UnfitValue(value, self.title)
        return bytes.fromhex(f"{local.year:04d}{local:%m%d%H%M}")

    def show(self, value: DutyTime | None) -> str | None:
        if value is None:
            return None
        spelling = "%Y-%m-%d %H:%M:%S" if value.to_the_second else "%Y-%m-%d %H:%M"
        return value.at.astimezone(GMT8).strftime(spelling)


class ByteSerial(int):
    """A serial number that came as a BYTE."""


class DisputedSerial(Kind[int]):
    """The serial in front of a list of DWORDs (0x0802): a BYTE in one public codec, a WORD in another.

    The length decides: what follows is ``fixed`` bytes and whole DWORDs. A WORD is written, unless a BYTE was read.
    """

    title = "WORD（或 BYTE）"

    def __init__(self, fixed: int) -> None:
        self.fixed = fixed

    def read(self, reader: Reader) -> int:
        left = reader.remaining - self.fixed
        return ByteSerial(U8.read(reader)) if left >= 1 and left % 4 == 1 else U16.read(reader)

    def write(self, value: int, edition: str = "") -> bytes:
        return U8.write(value) if isinstance(value, ByteSerial) else U16.write(value)

    def show(self, value: int) -> Any:
        return int(value)
