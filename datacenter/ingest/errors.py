"""Refusals of ingest."""

from datacenter.errors import DomainError


class Superseded(DomainError):
    """Another worker has taken this shard since: whoever is older stops, and stores nothing more."""

    code = "superseded"
    status = 409
    message = "本分片已由新的工作进程接管"
