"""Who may come in, and with which code (注册与鉴权). Pure: the directory and the message decide, nothing else.

The code that registration gives is computed from the phone number and the installation's key, so any gateway can check
it and none has to remember it. The answer to 0x0100 tells what does not fit (JT/T 808-2019, message 0x8100).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from enum import IntEnum
from typing import Protocol, cast

from django.conf import settings

from datacenter.protocols.jt808.messages import Register
from datacenter.registry.directory import Entry, TerminalDirectory, stripped

_CODE_BYTES = 10  # 16 characters of base32; the 2013 edition has no bound, terminals keep 16 and more


class RegisterResult(IntEnum):
    """Result of 0x8100 (注册应答结果)."""

    OK = 0
    VEHICLE_TAKEN = 1
    NO_SUCH_VEHICLE = 2
    TERMINAL_TAKEN = 3
    NO_SUCH_TERMINAL = 4


class Directory(Protocol):
    """What the gateway asks of the registry."""

    version: int  # grows with every refresh

    def get(self, phone: str) -> Entry | None: ...

    def by_plate(self, plate: str) -> Entry | None: ...

    def by_terminal_id(self, terminal_id: str) -> Entry | None: ...


class GatewayDirectory(TerminalDirectory):
    """The registry's directory, also by plate and by terminal id, for the results of a registration."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        super().__init__(entries)
        self.version = 0
        self._index()

    @classmethod
    def load(cls) -> GatewayDirectory:
        return cast(GatewayDirectory, super().load())

    def refresh(self) -> None:
        super().refresh()
        self._index()
        self.version += 1

    def by_plate(self, plate: str) -> Entry | None:
        """The terminal in the vehicle with this plate."""
        return self._plates.get(normal(plate))

    def by_terminal_id(self, terminal_id: str) -> Entry | None:
        """The terminal with this id of its maker's."""
        return self._terminal_ids.get(normal(terminal_id))

    def _index(self) -> None:
        entries: Iterator[Entry] = iter(self)
        rows = list(entries)
        self._plates = {normal(entry.plate): entry for entry in rows}
        self._terminal_ids = {normal(entry.terminal_id): entry for entry in rows if entry.terminal_id}


def normal(text: str) -> str:
    """A plate or terminal id as installers mean it: without blanks, dots and dashes, in capitals."""
    return "".join(character for character in text if character not in " \t-·•.\0").upper()


def auth_code(phone: str) -> str:
    """The authentication code of ``phone``, left zeros or not (鉴权码)."""
    subject = b"jt808 authentication " + stripped(phone).encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), subject, hashlib.sha256)
    return base64.b32encode(digest[:_CODE_BYTES]).decode("ascii")


def code_is_right(phone: str, given: str, entry: Entry) -> bool:
    """Whether ``given`` is the code of ``phone``, or the one the registry keeps for it from an earlier platform."""
    sent = given.encode("utf-8", "surrogatepass")
    right = hmac.compare_digest(sent, auth_code(phone).encode())
    kept = bool(entry.auth_code) and hmac.compare_digest(sent, entry.auth_code.encode())
    return right or kept


def registration_result(phone: str, message: Register, directory: Directory) -> RegisterResult:
    """The answer to a registration: every fact sent must fit the registry, or the vehicle's evidence is worth nothing.

    A terminal id or plate that the registry leaves empty is not compared; neither is the plate of a vehicle that has
    none (colour 0: the field holds the VIN). Registering again is always allowed.
    """
    entry = directory.get(phone)
    if entry is None:
        return RegisterResult.NO_SUCH_TERMINAL
    if entry.terminal_id and normal(message.terminal_id) != normal(entry.terminal_id):
        taken = directory.by_terminal_id(message.terminal_id) is not None
        return RegisterResult.TERMINAL_TAKEN if taken else RegisterResult.NO_SUCH_TERMINAL
    if entry.plate and message.plate_color and normal(message.plate) != normal(entry.plate):
        taken = directory.by_plate(message.plate) is not None
        return RegisterResult.VEHICLE_TAKEN if taken else RegisterResult.NO_SUCH_VEHICLE
    return RegisterResult.OK
