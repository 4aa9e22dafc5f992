"""The gateway has no rows of its own; these two, of the floors below, are what it fills."""

from datacenter.ingest.models import QuarantinedFrame
from datacenter.registry.models import UnknownTerminal

__all__ = ["QuarantinedFrame", "UnknownTerminal"]
