"""Addresses of the API: ``/api/v1/…`` of every package, the schema and its page."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [path("schema/", SpectacularAPIView.as_view(), name="api-schema")]
