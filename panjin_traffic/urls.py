"""Every address of the house; each package lists its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("datacenter.urls")),
    path("taxi/", include("taxi.urls")),
    path("api/v1/taxi/", include("taxi.api_urls")),
    path("admin/", admin.site.urls),
]
