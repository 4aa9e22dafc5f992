"""Slows down who would rate by the hundred (评价限制): by device, by address, by taxi; the figures are rows.

Counted in the cache that all web processes share, over every try. While that is down each process counts for itself.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from complaints.ratings.errors import TooMany

HOUR_S, DAY_S = 3600, 86_400
_log = logging.getLogger(__name__)
_own = LocMemCache("rating-limits", {})


def note_try(*, device: str, address: str, vehicle_id: int, figures: dict[str, int]) -> None:
    """Count one try against each limit. Raises ``TooMany`` by the first that is passed."""
    counted = (
        ("device_tries", device, _("提交次数过多，请一小时后再试")),
        ("address_hour", address, _("当前网络提交次数过多，请一小时后再试")),
        ("vehicle_hour", str(vehicle_id), _("本车近一小时的评价过多，请稍后再试")),
    )
    for rule, who, words in counted:
        if _count(f"rating:{rule}:{who}", HOUR_S) > figures[rule]:
            raise TooMany(rule, words)


def note_vehicle(*, device: str, day: str, figures: dict[str, int]) -> None:
    """Count one more taxi that a device rates on a day. Raises ``TooMany``."""
    if _count(f"rating:device_day:{day}:{device}", DAY_S) > figures["device_day"]:
        raise TooMany("device_day", _("今天评价的车辆过多，请明天再试"))


def _count(key: str, lasts_s: int) -> int:
    def act(store: Any) -> int:
        store.add(key, 0, lasts_s)
        return int(store.incr(key))

    try:
        return act(cache)
    except (RedisError, OSError) as error:
        _log.warning("The shared cache is away; ratings are limited in this process only: %s", error)
        return act(_own)
    except ValueError:  # the key ran out between add and incr
        return 1
