"""Addresses of the pages that explain frames, pasted or recorded."""

from django.urls import path

from datacenter.diagnosis import raw_views, views

urlpatterns = [
    path("datacenter/protocol/", views.protocol, name="protocol"),
    path("datacenter/raw/", raw_views.find, name="raw-log-find"),
    path("datacenter/vehicles/<int:pk>/raw/", raw_views.raw_log, name="raw-log"),
    path("datacenter/vehicles/<int:pk>/raw/switch/", raw_views.switch, name="raw-log-switch"),
    path("datacenter/vehicles/<int:pk>/raw/newer/", raw_views.newer, name="raw-log-newer"),
    path("datacenter/vehicles/<int:pk>/raw/export/", raw_views.export, name="raw-log-export"),
    path("datacenter/vehicles/<int:pk>/raw/<int:frame>/", raw_views.frame, name="raw-frame"),
]
