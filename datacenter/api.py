"""How refusals are told: ``{"code", "message", "fields"}`` to scripts and partners, a page or a toast to people."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from datacenter.accounts import audit
from datacenter.accounts.errors import NotAllowed
from datacenter.errors import DomainError

_log = logging.getLogger(__name__)


def body_of(error: DomainError) -> dict[str, Any]:
    """The one shape of every refusal."""
    return {"code": error.code, "message": error.message, "fields": error.fields}


def render_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """The API's exception handler: DRF's own refusals and ours come out in the same shape."""
    if isinstance(error, DomainError):
        _note(getattr(context.get("request"), "_request", None), error)
        return Response(body_of(error), status=error.status)
    response = exception_handler(error, context)
    if response is None:
        return None
    fields: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        code, message = "invalid", "提交的内容有误"
        fields = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        message = next((str(texts[0]) for texts in fields.values() if isinstance(texts, list) and texts), message)
    elif isinstance(error, Http404):
        code, message = "not_found", "没有找到"
    elif isinstance(error, PermissionDenied):
        code, message = "not_allowed", NotAllowed.message
    else:
        code = getattr(error, "default_code", "refused")
        message = str(getattr(error, "detail", error))
    response.data = {"code": code, "message": message, "fields": fields}
    return response


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer goes to a script: the API, fetch, or a part of a page that htmx asked for."""
    return (
        request.path.startswith("/api/")
        or bool(request.headers.get("HX-Request"))
        or request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    )


class RefusalMiddleware:
    """Turns a ``DomainError`` of a page's view into an answer with the refusal's own status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answers refusals; anything else goes on to Django."""
        if not isinstance(error, DomainError):
            return None
        _note(request, error)
        if wants_json(request):
            return JsonResponse(body_of(error), status=error.status)
        return render(request, "refused.html", {"error": error}, status=error.status)


def _note(request: HttpRequest | None, error: DomainError) -> None:
    """A right that was missing is written down: somebody tried a door."""
    if isinstance(error, NotAllowed) and request is not None:
        audit.record(request, "refused", request.path, succeeded=False, right=error.facts.get("right", ""))
