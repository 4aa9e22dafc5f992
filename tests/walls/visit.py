"""How the walk asks for one address (``test_walk``): a line of the tables in ``addresses`` and its neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.walls.world import World

Query = dict[str, Any]
Kind = Literal["public", "everyone", "list", "detail", "verb"]


@dataclass(frozen=True)
class Visit:
    """How to ask for one address.

    ``public`` answers without signing in, ``everyone`` shows all users the same, a ``list`` shows what is in scope, a
    ``detail`` is one row of Dawa's, a ``verb`` changes one (``bodies``). ``shows`` is what the right reader must find
    there, so that the test can fail; ``reader`` is who that is. ``rights`` are all asked for (``test_rights``).
    """

    kind: Kind
    rights: tuple[str, ...] = ()
    args: Callable[[World], list[Any]] = lambda world: []
    queries: Callable[[World], list[Query]] = lambda world: [{}]
    bodies: Callable[[World], list[Query]] = lambda world: [{}]
    shows: Callable[[World], set[str]] = lambda world: set()
    reader: Literal["county", "city"] = "county"
    methods: tuple[str, ...] = ("get", "post")
