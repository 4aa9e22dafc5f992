"""The address of the emergency desk's websocket."""

from django.urls import URLPattern, path

from datacenter.emergencies.consumers import EmergencyChanges

websocket_urlpatterns: list[URLPattern] = [path("ws/emergencies/", EmergencyChanges.as_asgi())]
