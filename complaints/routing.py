"""Addresses of the hotline's websockets."""

from django.urls import URLPattern, path

from complaints.calls.consumers import CallChanges

websocket_urlpatterns: list[URLPattern] = [path("ws/calls/", CallChanges.as_asgi())]
