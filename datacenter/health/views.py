"""Liveness, readiness and figures (DESIGN §9); they carry no row of anybody's."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from datacenter import metrics
from datacenter.ingest import layout
from datacenter.ingest.batch import queue


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, gateways and every shard's worker, each with its state; 503 while one is missing.

    ``shards`` is how many should have a worker: those in force, and those that a change of the layout waits for.
    """
    parts = {"database": _database()}
    try:
        client = _client()
        client.ping()
        parts["broker"] = "ok"
        alive = [key.decode().split(":alive:", 1)[1] for key in client.keys(f"{settings.REDIS_PREFIX}:alive:*")]
    except redis.RedisError as fault:
        parts["broker"], alive = f"unreachable: {type(fault).__name__}", []
    gateways = sum(name.startswith("gateway:") for name in alive)
    if gateways >= settings.GATEWAYS:
        parts["gateway"] = "ok"
    else:
        parts["gateway"] = f"{gateways} of {settings.GATEWAYS}" if gateways else "missing"
    shards, wanted = _shards()
    for shard in range(shards):
        name = queue(shard).replace(".", "")
        parts[f"worker {name}"] = "ok" if f"worker:{name}" in alive else "missing"
    for name in ("default", "tracks"):
        parts[f"worker {name}"] = "ok" if f"worker:{name}" in alive else "missing"
    ready = all(state == "ok" for state in parts.values())
    said = {"status": "ok" if ready else "not ready", "parts": parts, "shards": wanted}
    response = JsonResponse(said, status=200 if ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # to be asked too early is no error
    return response


def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus text of all processes together, this web process included."""
    try:
        snapshots = metrics.read(_client())
    except redis.RedisError:
        snapshots = []  # what this process has counted is true all the same
    text = metrics.render([*snapshots, metrics.snapshot()])
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _shards() -> tuple[int, int]:
    """How many shards there are, and how many should have a worker."""
    try:
        in_force = layout.read() or layout.first()
        return in_force.shards, layout.prepared()
    except DatabaseError:
        return settings.INGEST_SHARDS, settings.INGEST_SHARDS


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as fault:
        return f"unreachable: {type(fault).__name__}"
    return "ok"
