"""Slows down guessing of passwords (登录限制): five failures of one name from one address close that door for a while.

Counted in the cache that all web processes share; while that is down, each process counts for itself.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

MAX_FAILURES = 5
WINDOW_S = 15 * 60
LOCKED_S = 15 * 60

_log = logging.getLogger(__name__)
_own = LocMemCache("login-failures", {})


def _keys(username: str, address: str) -> tuple[str, str]:
    who = hashlib.sha256(f"{username.casefold()}\0{address}".encode()).hexdigest()[:32]
    return f"login:failures:{who}", f"login:locked:{who}"


def is_locked(username: str, address: str) -> bool:
    """Whether this name may not try again from this address for now."""
    _, locked = _keys(username, address)
    return bool(_on_cache(lambda store: store.get(locked)))


def note_failure(username: str, address: str) -> int:
    """Count one failure; returns how many tries are left (0: locked from now on)."""
    failures, locked = _keys(username, address)

    def count(store: Any) -> int:
        store.add(failures, 0, WINDOW_S)
        number: int = store.incr(failures)
        if number >= MAX_FAILURES:
            store.set(locked, True, LOCKED_S)
            store.delete(failures)
        return number

    return max(0, MAX_FAILURES - _on_cache(count))


def forget(username: str, address: str) -> None:
    """Somebody signed in: earlier failures no longer count."""
    failures, _ = _keys(username, address)
    _on_cache(lambda store: store.delete(failures))


def _on_cache(act: Callable[[Any], Any]) -> Any:
    try:
        return act(cache)
    except (RedisError, OSError) as error:
        _log.warning("The shared cache is away; login failures are counted in this process only: %s", error)
        return act(_own)
    except ValueError:  # the key ran out between add and incr
        return act(_own)
