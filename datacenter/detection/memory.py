"""What the engine remembers of a rule, and that memory dealt out anew over other shards (检测记忆重新分配).

``Engine.dump`` gives columns as bytes, one entry a vehicle. Whose entry it is stands in ``vehicles``; what the others
hold need not be known to move it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.detection.catalogue import Measure

State = dict[str, bytes]
NEVER = -1


class Memory:
    """What the engine remembers of one rule, by vehicle slot; ``start`` is ``NEVER`` where nothing is open.

    ``judged`` is the number of the limit row under which the open episode began, 0 for the base.
    """

    def __init__(self, measures: dict[str, Measure], own: dict[str, int] | None = None) -> None:
        self.columns: dict[str, npt.NDArray[Any]] = {
            name: np.zeros(0, np.int64)
            for name in (
                "start",
                "last",
                "told",
                "odo_start",
                "odo_last",
                "latitude_e6",
                "longitude_e6",
                "unbroken",
                "settled",
                "promised",
                "judged",
                *(f"m_{name}" for name in measures),
            )
        }
        # What the detector itself keeps: several numbers a vehicle.
        self.columns |= {f"own_{name}": np.zeros((0, width), np.int64) for name, width in (own or {}).items()}

    def grow(self, size: int) -> None:
        """Room for vehicles up to slot ``size``; of the new ones nothing is remembered."""
        for name, column in self.columns.items():
            new = np.full((size - len(column), *column.shape[1:]), empty(name), np.int64)
            self.columns[name] = np.concatenate([column, new])

    def load(self, state: State, prefix: str) -> None:
        """Take up what was dumped under ``prefix``; a rule of which not all is there starts with nothing open.

        Checkpoints of before there were limit rows know no ``judged``: then the base judged.
        """
        needed = {name: column for name, column in self.columns.items() if name != "judged"}
        if all(len(state.get(f"{prefix}{name}", b"")) == column.nbytes for name, column in needed.items()):
            for name, column in self.columns.items():
                if f"{prefix}{name}" in state:
                    self.columns[name] = np.frombuffer(state[f"{prefix}{name}"], np.int64).reshape(column.shape).copy()


def empty(name: str) -> int:
    """What a column holds where nothing is remembered."""
    return NEVER if name in ("start", "last", "told") else 0


def dealt(states: list[State], shards: int) -> list[State]:
    """For each of ``shards`` shards what ``states`` together remember of its vehicles (id modulo ``shards``).

    A vehicle that several remember is taken from the one that saw it last. A rule that not all know of starts with
    nothing open, as ``Engine.load`` has it.
    """
    known = [state for state in states if state["vehicles"]]
    if not known:
        return [dict(states[0]) for _ in range(shards)] if states else []
    names = [name for name in known[0] if all(name in state for state in known)]
    joined = {name: np.concatenate([_column(state, name) for state in known]) for name in names}
    vehicles = joined["vehicles"].view(np.int32)
    # By time, then the last entry of each vehicle.
    order = np.lexsort((joined["last.device_time"].view(np.int64), vehicles))
    newest = np.append(vehicles[order][1:] != vehicles[order][:-1], True)
    kept = order[newest]
    out = []
    for shard in range(shards):
        mine = kept[vehicles[kept] % shards == shard]
        out.append({name: column[mine].tobytes() for name, column in joined.items()})
    return out


def _column(state: State, name: str) -> npt.NDArray[np.void]:
    """One column as opaque entries of its own width."""
    width = len(state[name]) // (len(state["vehicles"]) // np.dtype(np.int32).itemsize)
    return np.frombuffer(state[name], np.dtype((np.void, width)))
