"""Refusals about who may do what."""

from datacenter.errors import DomainError


class NotAllowed(DomainError):
    """The user's role lacks a right; ``right`` names it."""

    code = "not_allowed"
    status = 403
    message = "您的角色没有这项权限"
