"""Refusals of ingest."""

from datacenter.errors import DomainError


class Superseded(DomainError):
    """Another worker has taken this shard since: whoever is older stops, and stores nothing more."""

    code = "superseded"
    status = 409
    message = "本分片已由新的工作进程接管"


class LayoutChanged(DomainError):
    """The vehicles are spread over other shards by now: what was cut by an older layout is stored by none."""

    code = "layout_changed"
    status = 409
    retryable = True
    message = "分片布局已变更，须按新布局重新投递"


class BadShardCount(DomainError):
    """A number of shards that no layout can have."""

    code = "bad_shard_count"
    status = 422
    message = "分片数不在允许范围"
