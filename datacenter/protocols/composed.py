"""Field kinds made of other kinds (组合字段)."""

from collections.abc import Mapping
from typing import Any

from .wire import Integer, Kind, Reader


class Coded(Kind[int]):
    """A number with a name for each of its values (代码); unknown numbers are kept."""

    def __init__(self, base: Integer, names: Mapping[int, str]) -> None:
        self.base, self.names, self.size, self.title = base, dict(names), base.size, base.title

    def read(self, reader: Reader) -> int:
        return self.base.read(reader)

    def write(self, value: int, edition: str = "") -> bytes:
        return self.base.write(value)

    def name(self, value: int) -> str:
        """The name of ``value``; empty where it has none."""
        return self.names.get(value, "")

    def show(self, value: int) -> Any:
        return value
