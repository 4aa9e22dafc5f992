"""Refusals of the knowledge base, each named for what went wrong."""

from __future__ import annotations

from datacenter.errors import DomainError


class ArticleNotFound(DomainError):
    """No such article, or one that this reader does not see."""

    code = "article_not_found"
    status = 404
    message = "没有这个知识条目"


class ArticleChanged(DomainError):
    """Somebody saved another version meanwhile; what was typed stays in the form."""

    code = "article_changed"
    status = 409
    message = "这个条目刚被他人修改，请先查看最新版本再保存"


class NothingPublished(DomainError):
    """There is nothing to withdraw."""

    code = "nothing_published"
    status = 409
    message = "这个条目没有发布的版本"
