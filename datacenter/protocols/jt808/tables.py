"""Look-up tables of the vectorised decoder: BCD times and additional items.

A time's six bytes are read as three words. ``MONTH_START`` and ``MONTH_SECONDS`` go by year and month, the others by
day and hour, and by minute and second. A word that is no BCD or out of range has no seconds: its month is empty, its
offset ``BAD_SECONDS``, which no month is long enough for.
"""

from calendar import monthrange
from datetime import datetime

import numpy as np

from datacenter.protocols.jt808.extras import EXTRAS
from datacenter.protocols.wire import GMT8

BAD_SECONDS = 1 << 30
_WORDS = 1 << 16


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10


MONTH_START = np.zeros(_WORDS, np.int64)
MONTH_SECONDS = np.zeros(_WORDS, np.int64)
DAY_HOUR_SECONDS = np.full(_WORDS, BAD_SECONDS, np.int64)
MINUTE_SECONDS = np.full(_WORDS, BAD_SECONDS, np.int64)

for _year in range(100):
    for _month in range(1, 13):
        _word = _bcd(_year) << 8 | _bcd(_month)
        MONTH_START[_word] = int(datetime(2000 + _year, _month, 1, tzinfo=GMT8).timestamp())
        MONTH_SECONDS[_word] = monthrange(2000 + _year, _month)[1] * 86400
for _day in range(1, 32):
    for _hour in range(24):
        DAY_HOUR_SECONDS[_bcd(_day) << 8 | _bcd(_hour)] = (_day - 1) * 86400 + _hour * 3600
for _minute in range(60):
    for _second in range(60):
        MINUTE_SECONDS[_bcd(_minute) << 8 | _bcd(_second)] = _minute * 60 + _second

_COLUMNS: list[tuple[int, int, int, str, type[np.signedinteger]]] = [
    # item id, its length, bytes of the value, column, type
    (0x01, 4, 4, "mileage_dkm", np.int64),
    (0x02, 2, 2, "fuel_dl", np.int32),
    (0x03, 2, 2, "recorder_speed_dkmh", np.int32),
    (0x14, 4, 4, "video_alarm", np.int64),
    (0x15, 4, 4, "video_loss", np.int64),
    (0x16, 4, 4, "video_occlusion", np.int64),
    (0x17, 2, 2, "storage_fault", np.int32),
    (0x18, 2, 2, "abnormal_driving", np.int32),
    (0x18, 3, 2, "abnormal_driving", np.int32),
    (0x30, 1, 1, "signal", np.int16),
    (0x31, 1, 1, "satellites", np.int16),
]
EXTRA_NAMES = list(dict.fromkeys((name, kind) for _, _, _, name, kind in _COLUMNS))
"""Columns of additional items with their types; slot n holds the n-th, counted from 1."""

EXTRA_SLOT = np.zeros(_WORDS, np.int64)
"""Slot by an item's first two bytes as a little-endian word (id low, length high); 0 where no column takes it."""

EXTRA_SHIFT = np.zeros(len(EXTRA_NAMES) + 1, np.uint32)
"""How far to shift the four bytes behind an item's head to get its value, by slot."""

for _id, _length, _bytes, _name, _kind in _COLUMNS:
    assert _id in EXTRAS, _name
    _slot = EXTRA_NAMES.index((_name, _kind)) + 1
    EXTRA_SLOT[_length << 8 | _id] = _slot
    EXTRA_SHIFT[_slot] = 8 * (4 - _bytes)
