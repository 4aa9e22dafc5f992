"""Asks for a right at the door of a view (权限检查)."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from datacenter.accounts.errors import NotAllowed


def require(user: Any, right: str) -> None:
    """Raise ``NotAllowed`` unless ``user`` has ``right``."""
    if not user.may(right):
        raise NotAllowed(right=right)


def require_any(user: Any, rights: Sequence[str]) -> None:
    """Raise ``NotAllowed``, naming the first, unless ``user`` has one of ``rights``."""
    if not any(user.may(right) for right in rights):
        raise NotAllowed(right=rights[0])


def needs(right: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view that only users with ``right`` reach; the name is kept for the walk over all addresses."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.user, right)
            return view(request, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return decorate
