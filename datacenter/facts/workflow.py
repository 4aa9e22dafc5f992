"""Keeping a fact (保存上报事项): by whoever registered for it, else as a ``TerminalReport``."""

from __future__ import annotations

import hashlib

from datacenter.facts.catalogue import Fact, keeper_of
from datacenter.facts.envelope import shown
from datacenter.facts.models import TerminalReport
from datacenter.registry.models import Vehicle


def keep(fact: Fact) -> None:
    """Store ``fact`` once, however often it comes. Inside the worker's transaction; raises what its keeper raises."""
    keeper = keeper_of(fact.protocol, fact.message_id)
    if keeper is not None:
        keeper(fact)
    else:
        keep_report(fact)


def keep_report(fact: Fact) -> None:
    """A report without a table of its own; a keeper may call it to have the raw message besides its own rows."""
    county_id, company_id = Vehicle.objects.values_list("county_id", "company_id").get(pk=fact.vehicle_id)
    report = TerminalReport(
        vehicle_id=fact.vehicle_id,
        county_id=county_id,
        company_id=company_id,
        protocol=fact.protocol,
        message_id=fact.message_id,
        title=fact.message.title,
        serial=fact.serial,
        received_at=fact.received_at,
        content=shown(fact.message, fact.body, fact.edition),
        raw=fact.body,
        body_hash=int.from_bytes(hashlib.blake2b(fact.body, digest_size=8).digest(), "big", signed=True),
    )
    TerminalReport.objects.bulk_create([report], ignore_conflicts=True)
