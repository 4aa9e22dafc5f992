"""Addresses of the kernel's websockets."""

from datacenter.cases.routing import websocket_urlpatterns as case_sockets
from datacenter.emergencies.routing import websocket_urlpatterns as emergency_sockets
from datacenter.notices.routing import websocket_urlpatterns as notice_sockets
from datacenter.tracks.routing import websocket_urlpatterns as map_sockets

websocket_urlpatterns = [*map_sockets, *case_sockets, *emergency_sockets, *notice_sockets]
