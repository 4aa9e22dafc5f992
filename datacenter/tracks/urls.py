"""Addresses of the live map and of a vehicle's track."""

from django.urls import path

from datacenter.tracks import views

urlpatterns = [
    path("map/", views.live_map, name="live-map"),
    path("vehicles/<int:pk>/drawer/", views.drawer, name="vehicle-drawer"),
    path("vehicles/<int:pk>/sections/<slug:name>/", views.section, name="vehicle-section"),
    path("vehicles/<int:pk>/track/", views.track, name="vehicle-track"),
    path("vehicles/<int:pk>/track.csv", views.export_track, name="vehicle-track-export"),
]
