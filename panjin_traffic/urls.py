"""Every address of the house; each package lists its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("datacenter.urls")),
    path("admin/", admin.site.urls),
]
