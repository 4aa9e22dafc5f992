"""A vehicle's last position as people read it (最新定位的文字): for the map's drawer and the screening desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from datacenter.tracks import store
from datacenter.tracks.fleet import VehicleState, states_of
from datacenter.tracks.position import Positions
from datacenter.tracks.words import alarm_words, bearing_word, status_words, taxi_words


def in_words(positions: Positions) -> dict[str, Any] | None:
    """The last position in words; None when there is none."""
    if not len(positions):
        return None
    alarm, status, speed_dkmh = int(positions.alarm[0]), int(positions.status[0]), int(positions.speed_dkmh[0])
    received_s = int(positions.received_us[0]) // 1_000_000
    now_us = int(timezone.now().timestamp() * 1_000_000)
    state = VehicleState(int(states_of(positions.speed_dkmh, positions.alarm, positions.received_us, now_us)[0]))
    return {
        "state": state,
        "device_time": datetime.fromtimestamp(int(positions.device_time[0]), store.SHANGHAI),
        "received_at": datetime.fromtimestamp(received_s, store.SHANGHAI),
        "speed_kmh": speed_dkmh / 10,
        "bearing": bearing_word(int(positions.bearing_deg[0])),
        "latitude_deg": int(positions.latitude_e6[0]) / 1e6,
        "longitude_deg": int(positions.longitude_e6[0]) / 1e6,
        "alarms": alarm_words(alarm),
        "statuses": [*taxi_words(int(positions.flags[0])), *status_words(status)],
    }
