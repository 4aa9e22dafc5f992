"""Addresses of the live map and of a vehicle's track."""

from django.urls import path

from datacenter.tracks import passed_views, quality_views, views

urlpatterns = [
    path("tracks/passed/", passed_views.passed_page, name="passed"),
    path("tracks/passed/export", passed_views.passed_export, name="passed-export"),
    path("tracks/quality/", quality_views.quality_page, name="quality"),
    path("tracks/quality/export", quality_views.quality_export, name="quality-export"),
    path("map/", views.live_map, name="live-map"),
    path("vehicles/<int:pk>/drawer/", views.drawer, name="vehicle-drawer"),
    path("vehicles/<int:pk>/sections/<slug:name>/", views.section, name="vehicle-section"),
    path("vehicles/<int:pk>/track/", views.track, name="vehicle-track"),
    path("vehicles/<int:pk>/track.csv", views.export_track, name="vehicle-track-export"),
]
