"""API addresses of the live map and of tracks, under ``/api/v1/``."""

from django.urls import path

from datacenter.tracks import api, passed_api

urlpatterns = [
    path("map/vehicles/", api.MapVehicles.as_view(), name="api-map-vehicles"),
    path("map/counties/", api.MapCounties.as_view(), name="api-map-counties"),
    path("tracks/passed/", passed_api.PassedVehicles.as_view(), name="api-passed"),
    path("vehicles/<int:pk>/track/", api.VehicleTrack.as_view(), name="api-vehicle-track"),
]
