"""Liveness, readiness and figures (DESIGN §9); they carry no row of anybody's."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from datacenter import metrics
from datacenter.ingest.batch import queue


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, gateway and every shard's worker, each with its state; 503 while one is missing."""
    parts = {"database": _database()}
    try:
        client = _client()
        client.ping()
        parts["broker"] = "ok"
        alive = [key.decode().split(":alive:", 1)[1] for key in client.keys(f"{settings.REDIS_PREFIX}:alive:*")]
    except redis.RedisError as fault:
        parts["broker"], alive = f"unreachable: {type(fault).__name__}", []
    parts["gateway"] = "ok" if any(name.startswith("gateway:") for name in alive) else "missing"
    for shard in range(settings.INGEST_SHARDS):
        name = queue(shard).replace(".", "")
        parts[f"worker {name}"] = "ok" if f"worker:{name}" in alive else "missing"
    parts["worker default"] = "ok" if "worker:default" in alive else "missing"
    ready = all(state == "ok" for state in parts.values())
    response = JsonResponse({"status": "ok" if ready else "not ready", "parts": parts}, status=200 if ready else 503)
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


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as fault:
        return f"unreachable: {type(fault).__name__}"
    return "ok"
