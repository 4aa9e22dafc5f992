"""What the connections of one gateway hold together of messages in the making (合并缓存总量).

Each assembler is bounded by itself, but fifty thousand of them are not. They share one budget; past it the message that
has been quiet longest gives way, whoever's it is: a sender that goes on is not pushed out by trains that were only
begun. What is given up costs nothing for good: it was not acknowledged, so its terminal sends it again.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Protocol

GATEWAY_BYTES = 256 << 20
BEGUN_COST = 1024
"""Charged for each message besides its packets: what Python needs to keep one at all."""


class Holder(Protocol):
    """An assembler, as its budget sees it."""

    def give_up(self, key: Any) -> None:
        """Let go of one message, and ``release`` it."""


class Budget:
    """Messages in the making of many assemblers. ``given_up`` counts those that gave way."""

    __slots__ = ("_costs", "_holders", "given_up", "held_bytes", "limit_bytes")

    def __init__(self, limit_bytes: int = GATEWAY_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.held_bytes = 0
        self.given_up = 0
        self._costs: OrderedDict[tuple[int, Hashable], int] = OrderedDict()  # the longest quiet first
        self._holders: dict[tuple[int, Hashable], Holder] = {}

    def __len__(self) -> int:
        return len(self._costs)

    def charge(self, holder: Holder, key: Hashable, cost: int) -> None:
        """``cost`` bytes more of one message. Others give way where the whole is too much, never this one."""
        name = (id(holder), key)
        if name not in self._costs:
            self._costs[name] = 0
            self._holders[name] = holder
            cost += BEGUN_COST
        self._costs[name] += cost
        self._costs.move_to_end(name)
        self.held_bytes += cost
        while self.held_bytes > self.limit_bytes and len(self._costs) > 1:
            quiet = next(iter(self._costs))
            self.given_up += 1
            self._holders[quiet].give_up(quiet[1])

    def release(self, holder: Holder, key: Hashable) -> None:
        """The message is whole, or given up."""
        name = (id(holder), key)
        self.held_bytes -= self._costs.pop(name, 0)
        self._holders.pop(name, None)
