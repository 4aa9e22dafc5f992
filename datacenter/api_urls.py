"""Addresses of the API: every package's own under ``/api/v1/``, the schema (OpenAPI 3) and its page."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    path("v1/", include("datacenter.cases.api_urls")),
    path("v1/", include("datacenter.registry.api_urls")),
    path("v1/", include("datacenter.tracks.api_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # Page and script come apart: the pages' policy allows no script inside a page.
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
