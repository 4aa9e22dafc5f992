"""The web process: pages and API over HTTP, live changes over WebSocket."""

import os
from typing import Any
from urllib.parse import quote

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
os.environ.setdefault("DATABASE_ROLE", "web")

from a2wsgi import WSGIMiddleware
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.wsgi import get_wsgi_application

THREADS = 16
"""Requests that one web process works on at once; others wait in the order they came."""

# Every page is synchronous. Through Django's ASGI handler each request would take two threads, an event loop and a
# connection to PostgreSQL of its own; these few threads keep theirs. First: it loads the apps that routing needs.
_pages = WSGIMiddleware(get_wsgi_application(), workers=THREADS)
_ASCII = "".join(map(chr, range(33, 127)))


async def http(scope: Any, receive: Any, send: Any) -> None:
    """Pages and API. Bytes of a query that no browser sends as they are, are quoted: WSGI takes ASCII alone."""
    await _pages({**scope, "query_string": quote(scope["query_string"], safe=_ASCII).encode()}, receive, send)


from complaints.routing import websocket_urlpatterns as hotline_sockets  # noqa: E402  needs the apps
from datacenter.routing import websocket_urlpatterns  # noqa: E402  needs the apps

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, *hotline_sockets]))
        ),
    }
)
