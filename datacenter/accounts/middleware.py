"""Every request runs in one transaction that carries the scope of its user, and every page asks who is there."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url

from datacenter.accounts.scope import entered, scope_of

Handler = Callable[[HttpRequest], HttpResponse]

# What answers without a user: the probes carry no row of anybody's; a certificate, a work order of the hotline and a
# taxi's rating page open by their code; platforms that hand orders in bring a key, the call platform signs its words.
PUBLIC_PATHS = (
    "/healthz", "/readyz", "/metrics", "/login/", "/static/", "/favicon.ico", "/credit/verify/", "/travel/rate/",
    "/travel/complain/", "/travel/complaints/", "/api/v1/hotline/", "/api/v1/calls/",
)  # fmt: skip
# Probes must answer while the database is down; they open no transaction.
_NO_TRANSACTION = ("/healthz", "/readyz", "/metrics", "/static/")


class ScopeMiddleware:
    """Opens the request's transaction and sets its scope (DESIGN §7). A failed response rolls all of it back."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_NO_TRANSACTION):
            return self.get_response(request)
        with entered(scope_of(request.user)):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response


class LoginRequiredMiddleware:
    """Sends who has not signed in to the login page; scripts and the API get 401 with a body they can read."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated or request.path.startswith(PUBLIC_PATHS):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return JsonResponse({"code": "not_signed_in", "message": "请先登录", "fields": {}}, status=401)
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=401)
            response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
            return response
        return redirect_to_login(request.get_full_path())
