"""What the gateway counts (网关指标); ``datacenter.metrics`` says how it gets to ``/metrics``."""

from datacenter.metrics import ACKNOWLEDGE_SECONDS, FRAMES_QUARANTINED, counter, gauge

__all__ = ["ACKNOWLEDGE_SECONDS", "FRAMES_QUARANTINED"]

CONNECTIONS = gauge("gateway_connections", "Open sockets of terminals")
AUTHENTICATED = gauge("gateway_authenticated", "Sockets of terminals that have authenticated")
PAUSED_SHARDS = gauge("gateway_paused_shards", "Shards whose sockets are not read, as too much waits")
IN_FLIGHT = gauge("gateway_inflight_batches", "Batches handed in and not yet answered")
HELD_FRAMES = gauge("gateway_held_frames", "Frames held until they are committed")
ASSEMBLY_BYTES = gauge("gateway_assembly_bytes", "Held of sub-packaged messages and files that aren't whole yet")

ACCEPTED = counter("gateway_connections_total", "Sockets accepted")
FRAMES = counter("gateway_frames_total", "Frames put into batches")
ACKNOWLEDGED = counter("gateway_acknowledged_total", "0x8001 written for committed frames, by result", ["result"])
REFUSED = counter("gateway_refused_total", "Messages and sockets refused, by reason", ["reason"])
CLOSED = counter("gateway_closed_total", "Sockets closed, by reason", ["reason"])
UNSUPPORTED = counter("gateway_unsupported_total", "Messages answered with 'not supported'", ["message"])
DUPLICATE_PHONE = counter("gateway_duplicate_phone_total", "Sockets closed since a newer one has the same phone number")
TERMINAL_REPLIES = counter("gateway_terminal_replies_total", "0x0001 from terminals, by result", ["result"])
ORDERS_SENT = counter("gateway_orders_sent_total", "Orders written to terminals")
ORDERS_UNFIT = counter("gateway_orders_unfit_total", "Orders that could not be written as the terminal speaks")
EMERGENCIES = counter("gateway_emergencies_total", "Reports with the emergency bit, or the end of it, told at once")
EMERGENCIES_DROPPED = counter("gateway_emergencies_dropped_total", "The same, left to the worker: too many waited")
RAW_FRAMES = counter("gateway_raw_frames_total", "Frames written into the raw log")
RAW_DROPPED = counter("gateway_raw_dropped_total", "Frames that the raw log lacks: too many, or no database")
RESENDS_ASKED = counter("gateway_resends_asked_total", "0x8003 sent for missing packets")
ASSEMBLIES_GIVEN_UP = counter("gateway_assemblies_given_up_total", "Messages in the making dropped: all held too much")
NOT_QUARANTINED = counter("gateway_not_quarantined_total", "Bad frames past the quarantine's rate: counted, not kept")

HANDED_IN = counter("gateway_handed_in_total", "Batches published to a shard's queue")
REHANDED = counter("gateway_rehanded_total", "Batches handed in again, by cause", ["cause"])
REHAND_WAITED = counter("gateway_rehand_waited_total", "Overdue batches not handed in again, since their queue is long")
RECUT = counter("gateway_recut_frames_total", "Frames put into other batches, since the shards' layout changed")
PAUSES = counter("gateway_pauses_total", "How often a shard's sockets were paused")
STRAY_ANSWERS = counter("gateway_stray_answers_total", "Answers for batches that were answered before")
BROKER_FAULTS = counter("gateway_broker_faults_total", "Failures of the broker as the gateway saw them", ["at"])
UNKNOWN_DROPPED = counter("gateway_unknown_dropped_total", "Unknown terminals not written down, since too many came")
