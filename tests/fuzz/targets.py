"""The targets by protocol, and the one function that an input goes through."""

from collections.abc import Callable

from . import active_safety, jt808, jt809, jt905, jt1078

Part = Callable[[bytes], None]

TARGETS: dict[str, tuple[Part, ...]] = {
    "jt808": jt808.PARTS,
    "jt809": jt809.PARTS,
    "jt905": jt905.PARTS,
    "jt1078": jt1078.PARTS,
    "active_safety": active_safety.PARTS,
}


def run(protocol: str, data: bytes) -> None:
    """Gives ``data`` to the part that its first byte names. Raises what a codec must not raise."""
    if data:
        parts = TARGETS[protocol]
        parts[data[0] % len(parts)](data[1:])


def input_for(protocol: str, part: str, data: bytes) -> bytes:
    """The input that gives ``data`` to ``part``."""
    names = [one.__name__ for one in TARGETS[protocol]]
    return bytes((names.index(part),)) + data
