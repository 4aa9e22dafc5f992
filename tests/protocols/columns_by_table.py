"""What the vectorised decoder of JT/T 808 has to say, by the tables: for its tests and its fuzz target."""

from datetime import UTC
from typing import Any

from datacenter.protocols.errors import (
    BadBcd,
    BadChecksum,
    BadTime,
    EncryptedBody,
    HeaderTooShort,
    LengthMismatch,
    ProtocolError,
    SubPackaged,
    TruncatedBody,
)
from datacenter.protocols.jt808.bodyhash import body_hash
from datacenter.protocols.jt808.columns import Columns, FrameError
from datacenter.protocols.jt808.extras import EXTRA_LIST, typed
from datacenter.protocols.jt808.header import open_frame, require_readable
from datacenter.protocols.jt808.messages import MESSAGES, BadItem, LocationReport
from datacenter.protocols.tlv import TAIL

Row = dict[str, Any]
ERRORS: dict[type[ProtocolError], FrameError] = {
    HeaderTooShort: FrameError.HEADER,
    BadChecksum: FrameError.CHECKSUM,
    LengthMismatch: FrameError.LENGTH,
    SubPackaged: FrameError.SUBPACKAGED,
    EncryptedBody: FrameError.ENCRYPTED,
    TruncatedBody: FrameError.TRUNCATED,
    BadTime: FrameError.TIME,
    BadBcd: FrameError.TIME,
}
ABSENT = {
    "mileage_dkm": -1,
    "fuel_dl": -1,
    "recorder_speed_dkmh": -1,
    "video_alarm": -1,
    "video_loss": -1,
    "video_occlusion": -1,
    "storage_fault": -1,
    "abnormal_driving": -1,
    "signal": -1,
    "satellites": -1,
}
BY_WIRE_NAME = {
    "video_loss_channels": "video_loss",
    "video_occlusion_channels": "video_occlusion",
    "signal_strength": "signal",
}


def row_by_table(frame: int, report: LocationReport, backfill: bool) -> Row:
    """What a row has to hold, by the tables."""
    extras = EXTRA_LIST.write(report.extras)
    lat, lon = report.signed_e6
    row: Row = {
        "frame": frame,
        "alarm": report.alarms,
        "status": report.status,
        "lat_e6": lat,
        "lon_e6": lon,
        "altitude_m": report.altitude_m,
        "speed_dkmh": round(report.speed_kmh * 10),
        "bearing_deg": report.bearing_deg,
        "device_time": int(report.device_time.astimezone(UTC).timestamp()),
        "body_hash": body_hash(report.encode()),
        "backfill": backfill,
        "extras": extras,
        "extras_bad": any(item.declared is not None or item.id == TAIL for item in report.extras),
        **ABSENT,
    }
    for form in typed(report.extras).values():
        for name, value in form.layout.show(form).items():
            name = BY_WIRE_NAME.get(name, name)
            if name in ABSENT:
                row[name] = value
    return row


def body_by_table(index: int, message_id: int, body: bytes, edition: str) -> tuple[FrameError, list[Row]]:
    try:
        message = MESSAGES.decode(message_id, body, edition)
    except ProtocolError as fault:
        return ERRORS[type(fault)], []
    if message_id == 0x0200:
        return FrameError.OK, [row_by_table(index, message, False)]
    bad = [item for item in message.items if isinstance(item, BadItem)]
    good = [item for item in message.items if not isinstance(item, BadItem)]
    error = ERRORS[type(bad[0].error)] if bad else FrameError.OK
    return error, [row_by_table(index, item, message.kind == 1) for item in good]


def by_table(index: int, raw: bytes) -> tuple[FrameError, int, int, list[Row]]:
    """Error, message id, serial and rows of one raw frame, by the tables."""
    try:
        header, body = open_frame(raw)
    except ProtocolError as fault:
        return ERRORS[type(fault)], -1, -1, []
    known = header.message_id, header.serial
    if header.message_id not in (0x0200, 0x0704):
        return FrameError.NOT_LOCATION, *known, []
    try:
        require_readable(header)
    except ProtocolError as fault:
        return ERRORS[type(fault)], *known, []
    error, rows = body_by_table(index, header.message_id, body, header.edition)
    return error, *known, rows


def rows_of(columns: Columns) -> list[Row]:
    names = [*ABSENT, "frame", "alarm", "status", "lat_e6", "lon_e6", "altitude_m", "speed_dkmh", "bearing_deg"]
    names += ["device_time", "body_hash", "backfill", "extras_bad"]
    lists = {name: getattr(columns, name).tolist() for name in names}
    return [{name: lists[name][row] for name in names} | {"extras": columns.extras(row)} for row in range(len(columns))]


def check_equal(frames: list[bytes], columns: Columns) -> None:
    expected_rows: list[Row] = []
    for index, raw in enumerate(frames):
        error, message_id, serial, rows = by_table(index, raw)
        assert FrameError(columns.error[index]) is error, raw.hex()
        if message_id >= 0:
            assert (columns.message_id[index], columns.serial[index]) == (message_id, serial)
        expected_rows += rows
    assert rows_of(columns) == expected_rows
