"""Something built from a small table and kept until the table changes (缓存随表更新).

Boundaries are polygons: cheap to ask, dear to build. Asking whether the rows are still the same ones costs one small
query, so no process works with yesterday's line, and no message has to reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from django.db import connection
from django.db.models import Model

Built = TypeVar("Built")


class Versioned(Generic[Built]):
    """What ``build`` makes of the rows of ``model``; ``get`` makes it anew when any row was added, changed, removed."""

    def __init__(self, model: type[Model], build: Callable[[], Built]) -> None:
        self._model = model
        self._build = build
        self._lock = Lock()
        self._kept: tuple[str, Built] | None = None

    def get(self) -> Built:
        """What the rows make now; one query where nothing changed."""
        version = self._version()
        kept = self._kept
        if kept is not None and kept[0] == version:
            return kept[1]
        with self._lock:
            built = self._build()
            self._kept = (version, built)
        return built

    def _version(self) -> str:
        # A row's version has a place (ctid) and a writer (xmin): together they change with every write, rolled-back
        # ones and two writes of one transaction included.
        name = connection.ops.quote_name(self._model._meta.db_table)
        versions = "md5(string_agg(ctid::text || xmin::text, ',' ORDER BY ctid))"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT current_database() || coalesce({versions}, '') FROM {name}")  # noqa: S608
            return str(cursor.fetchone()[0])
