"""Addresses of the live map's socket."""

from django.urls import path

from datacenter.tracks.consumers import MapConsumer

websocket_urlpatterns = [path("ws/map/", MapConsumer.as_asgi())]
