"""Addresses of the hotline's pages, under ``/complaints/``."""

from django.urls import URLPattern, URLResolver, include, path

from complaints.lost.urls import urlpatterns as lost
from complaints.minute.urls import urlpatterns as minute

urlpatterns: list[URLPattern | URLResolver] = [
    *lost,
    *minute,
    path("", include("complaints.orders.urls")),
    path("calls/", include("complaints.calls.urls")),
    path("knowledge/", include("complaints.knowledge.urls")),
    path("ratings/", include("complaints.ratings.urls")),
]
