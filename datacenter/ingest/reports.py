"""Messages of a batch that are no positions (上报事项入库), inside the transaction that stores the positions."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError, transaction

from datacenter import metrics
from datacenter.errors import DomainError
from datacenter.facts import envelope, workflow
from datacenter.ingest.batch import Batch, Rejected

log = logging.getLogger(__name__)

KEPT = metrics.counter("facts_kept_total", "Messages kept that are no positions, by message", ["message"])
FAULT = "fact-fault"


def keep(batch: Batch, facts: dict[int, bytes]) -> dict[int, Rejected]:
    """Keep ``facts`` (row → packed message), each in a savepoint of its own; those that could not be, by row.

    Raises what the database raises where it is away: the batch is handed in again.
    """
    refused: dict[int, Rejected] = {}
    for row, raw in facts.items():
        message_id, vehicle_id = int(batch.message_ids[row]), int(batch.vehicles[row])
        try:
            fact = envelope.unpack(
                raw, message_id=message_id, vehicle_id=vehicle_id, received_us=int(batch.received_us[row])
            )
            with transaction.atomic():
                workflow.keep(fact)
            KEPT.inc(f"0x{message_id:04X}")
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            # Whatever a keeper stumbled over, the message is not lost and the positions beside it are stored.
            if not isinstance(fault, DomainError):
                log.exception("0x%04X of vehicle %d could not be kept", message_id, vehicle_id)
            phone, body = envelope.body_in(raw)
            reason = fault.code if isinstance(fault, DomainError) else FAULT
            detail = f"0x{message_id:04X}: {fault}"
            refused[row] = Rejected(reason, detail, phone, vehicle_id, "", body, int(batch.received_us[row]))
    return refused
