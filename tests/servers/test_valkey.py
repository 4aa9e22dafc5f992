"""The embedded Valkey: private, bounded, and back after a kill."""

import pytest
import redis

from panjin_traffic.servers import ValkeyServer


def test_only_who_has_the_password_is_served(valkey: ValkeyServer) -> None:
    assert redis.Redis.from_url(valkey.url).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=valkey.port).ping()


def test_memory_is_bounded_and_a_queue_is_never_dropped_for_another(valkey: ValkeyServer) -> None:
    client = redis.Redis.from_url(valkey.url)
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    assert int(client.config_get("maxmemory")["maxmemory"]) > 0
    client.config_set("maxmemory", "2mb")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        fill(client)


def test_killed_server_comes_back_at_the_same_address(valkey: ValkeyServer) -> None:
    address, first = valkey.url, valkey.pid
    valkey.kill9()
    assert not valkey.running
    valkey.start()
    assert valkey.pid != first
    assert valkey.url == address
    assert redis.Redis.from_url(valkey.url).ping()


def test_started_twice_is_started_once(valkey: ValkeyServer) -> None:
    again = ValkeyServer(valkey.home)
    again.start()
    assert again.pid == valkey.pid


def fill(client: redis.Redis) -> None:
    for number in range(1000):
        client.set(f"queue:{number}", b"x" * 10_000)
