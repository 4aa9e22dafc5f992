"""What the vectorised decoder of JT/T 905 has to say, by the tables: for its tests and its fuzz target."""

from datetime import UTC
from typing import Any

from datacenter.protocols.errors import (
    BadBcd,
    BadChecksum,
    BadTime,
    HeaderTooShort,
    LengthMismatch,
    ProtocolError,
    TruncatedBody,
)
from datacenter.protocols.jt808.bodyhash import body_hash
from datacenter.protocols.jt808.columns import FrameError
from datacenter.protocols.jt905.bits import alarm_808, status_808
from datacenter.protocols.jt905.columns import TaxiColumns
from datacenter.protocols.jt905.extras import EXTRA_LIST, typed
from datacenter.protocols.jt905.header import open_frame
from datacenter.protocols.jt905.messages import MESSAGES, BadPosition, LocationAnswer, LocationResent, Position
from datacenter.protocols.layout import Layout
from datacenter.protocols.tlv import TAIL

POSITION = Layout(Position)
Row = dict[str, Any]
ERRORS: dict[type[ProtocolError], FrameError] = {
    HeaderTooShort: FrameError.HEADER,
    BadChecksum: FrameError.CHECKSUM,
    LengthMismatch: FrameError.LENGTH,
    TruncatedBody: FrameError.TRUNCATED,
    BadTime: FrameError.TIME,
    BadBcd: FrameError.TIME,
}
NONE_HERE = (
    "recorder_speed_dkmh", "video_alarm", "video_loss", "video_occlusion", "storage_fault", "abnormal_driving",
    "signal", "satellites",
)  # fmt: skip


def row_by_table(frame: int, position: Any, backfill: bool) -> Row:
    """What a row has to hold, by the tables."""
    items = () if backfill else position.extras
    lat, lon = position.signed_e6
    known = typed(items)
    return {
        "frame": frame,
        "alarm": alarm_808(position.alarms),
        "status": status_808(position.status),
        "lat_e6": lat,
        "lon_e6": lon,
        "altitude_m": known[3].altitude_m if 3 in known else 0,
        "speed_dkmh": round(position.speed_kmh * 10),
        "bearing_deg": position.bearing_deg,
        "device_time": int(position.device_time.astimezone(UTC).timestamp()),
        "body_hash": body_hash(POSITION.encode(position) + EXTRA_LIST.write(items)),
        "backfill": backfill,
        "mileage_dkm": round(known[1].mileage_km * 10) if 1 in known else -1,
        "fuel_dl": round(known[2].fuel_l * 10) if 2 in known else -1,
        "extras_bad": any(item.declared is not None or item.id == TAIL for item in items),
        "extras": EXTRA_LIST.write(items),
        "own": (position.alarms, position.status),
        **dict.fromkeys(NONE_HERE, -1),
    }


def by_table(index: int, raw: bytes) -> tuple[FrameError, int, int, list[Row]]:
    """Error, message id, serial and rows of one raw frame, by the tables."""
    try:
        header, body = open_frame(raw)
    except ProtocolError as fault:
        return ERRORS[type(fault)], -1, -1, []
    known = header.message_id, header.serial
    if header.message_id not in (0x0200, 0x0201, 0x0202, 0x0203):
        return FrameError.NOT_LOCATION, *known, []
    try:
        message = MESSAGES.decode(header.message_id, body)
    except ProtocolError as fault:
        return ERRORS[type(fault)], *known, []
    if not isinstance(message, LocationResent):
        report = message.report if isinstance(message, LocationAnswer) else message
        return FrameError.OK, *known, [row_by_table(index, report, False)]
    bad = [item for item in message.items if isinstance(item, BadPosition)]
    good = [item for item in message.items if not isinstance(item, BadPosition)]
    error = ERRORS[type(bad[0].error)] if bad else FrameError.OK
    return error, *known, [row_by_table(index, item, True) for item in good]


def rows_of(taxi: TaxiColumns) -> list[Row]:
    columns = taxi.columns
    names = [*NONE_HERE, "frame", "alarm", "status", "lat_e6", "lon_e6", "altitude_m", "speed_dkmh", "bearing_deg"]
    names += ["device_time", "body_hash", "backfill", "extras_bad", "mileage_dkm", "fuel_dl"]
    lists = {name: getattr(columns, name).tolist() for name in names}
    own = list(zip(taxi.own_alarm.tolist(), taxi.own_status.tolist(), strict=True))
    return [
        {name: lists[name][row] for name in names} | {"extras": columns.extras(row), "own": own[row]}
        for row in range(len(columns))
    ]


def check_equal(frames: list[bytes], taxi: TaxiColumns) -> None:
    expected: list[Row] = []
    for index, raw in enumerate(frames):
        error, message_id, serial, rows = by_table(index, raw)
        assert FrameError(taxi.columns.error[index]) is error, raw.hex()
        if message_id >= 0:
            assert (taxi.columns.message_id[index], taxi.columns.serial[index]) == (message_id, serial)
        expected += rows
    assert rows_of(taxi) == expected
