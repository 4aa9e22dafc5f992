"""The address of the cases' websocket."""

from django.urls import URLPattern, path

from datacenter.cases.consumers import CaseChanges

websocket_urlpatterns: list[URLPattern] = [path("ws/cases/", CaseChanges.as_asgi())]  # type: ignore[arg-type]
