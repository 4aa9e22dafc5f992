"""The web process: pages and API over HTTP, live changes over WebSocket."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
os.environ.setdefault("DATABASE_ROLE", "web")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

http = get_asgi_application()  # first: it loads the apps that routing needs

from datacenter.routing import websocket_urlpatterns  # noqa: E402  needs the apps

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
