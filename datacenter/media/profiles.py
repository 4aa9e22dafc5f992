"""How a vehicle's terminal speaks of alarms (终端型号协议): whose codes, whose layout; and what a code means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from datacenter.media.models import TEXT_2017, SafetyEventCode, TerminalProfile
from datacenter.protocols.active_safety.codes import TPMS
from datacenter.registry.models import Terminal

Codes = dict[tuple[str, int, int], str]
Rules = dict[tuple[str, int, int], str]
"""Which rule a code is, by vendor, item and code; empty for one that is only kept."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One vehicle's terminal: ``practice`` is empty where nobody named one."""

    phone: str = ""
    vendor: str = TEXT_2017
    practice: str = ""


def speech_of(vehicle_ids: Iterable[int]) -> dict[int, Speech]:
    """How each vehicle's terminal in use speaks; two queries."""
    terminals = Terminal.objects.filter(vehicle_id__in=list(vehicle_ids), state=Terminal.State.IN_USE).order_by("pk")
    profiles = {(row.maker, row.model): row for row in TerminalProfile.objects.all()}
    out: dict[int, Speech] = {}
    for terminal in terminals:
        profile = profiles.get((terminal.maker, terminal.model)) or profiles.get((terminal.maker, ""))
        if profile is None:
            out[terminal.vehicle_id] = Speech(terminal.phone)
        else:
            out[terminal.vehicle_id] = Speech(terminal.phone, profile.vendor, profile.practice)
    return out


def codes_of(vendors: Iterable[str]) -> Codes:
    """Meanings by vendor, item and code, those of the 2017 text with them; one query."""
    rows = SafetyEventCode.objects.filter(vendor__in={*vendors, TEXT_2017})
    return {(row.vendor, row.item, row.code): row.title for row in rows}


def rules_of(vendors: Iterable[str]) -> Rules:
    """The rule of each code of these vendors and of the 2017 text; one query."""
    rows = SafetyEventCode.objects.filter(vendor__in={*vendors, TEXT_2017})
    return {(row.vendor, row.item, row.code): row.detector for row in rows}


def rule_of(rules: Rules, vendor: str, item: int, event: int) -> str:
    """The rule that a code is to this vendor, else to the 2017 text; a vendor's own line without one means none."""
    own = rules.get((vendor, item, event))
    return own if own is not None else rules.get((TEXT_2017, item, event), "")


def meaning(codes: Codes, vendor: str, item: int, event: int) -> str:
    """What a code means to this vendor, else to the 2017 text; a tyre's bits one by one. Never empty."""

    def one(code: int) -> str:
        return codes.get((vendor, item, code)) or codes.get((TEXT_2017, item, code)) or f"未定义事件 0x{code:02X}"

    if item != TPMS:
        return one(event)
    bits = [1 << number for number in range(16) if event >> number & 1]
    return "、".join(one(bit) for bit in bits)[:60] or "胎压上报"
