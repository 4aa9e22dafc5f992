"""Addresses of the kernel's pages and API; each package lists its own in its ``urls.py``."""

from django.urls import include, path

urlpatterns = [
    path("", include("datacenter.accounts.urls")),
    path("", include("datacenter.cockpit.urls")),
    path("", include("datacenter.health.urls")),
    path("", include("datacenter.registry.urls")),
    path("", include("datacenter.tracks.urls")),
    path("", include("datacenter.assessment.urls")),
    path("", include("datacenter.cases.urls")),
    path("", include("datacenter.commands.urls")),
    path("", include("datacenter.detection.urls")),
    path("", include("datacenter.emergencies.urls")),
    path("", include("datacenter.gateway.urls")),
    path("", include("datacenter.instructions.urls")),
    path("", include("datacenter.media.urls")),
    path("", include("datacenter.notices.urls")),
    path("", include("datacenter.papers.urls")),
    path("", include("datacenter.roadside.urls")),
    path("", include("datacenter.screening.urls")),
    path("", include("datacenter.statistics.urls")),
    path("", include("datacenter.diagnosis.urls")),
    path("api/", include("datacenter.api_urls")),
]
