"""Every address of the house; each package lists its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("datacenter.urls")),
    path("taxi/", include("taxi.urls")),
    path("complaints/", include("complaints.urls")),
    path("travel/rate/", include("complaints.ratings.public_urls")),
    path("api/v1/calls/", include("complaints.calls.api_urls")),
    path("travel/", include("complaints.public_urls")),
    path("api/v1/hotline/", include("complaints.api_urls")),
    path("api/v1/taxi/", include("taxi.api_urls")),
    path("admin/", admin.site.urls),
]
