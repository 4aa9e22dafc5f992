"""The address of the notices' websocket."""

from django.urls import URLPattern, path

from datacenter.notices.consumers import NoticeChanges

websocket_urlpatterns: list[URLPattern] = [path("ws/notices/", NoticeChanges.as_asgi())]  # type: ignore[arg-type]
