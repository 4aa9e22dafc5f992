"""Addresses of the taxis' API, under ``/api/v1/taxi/``."""

from django.urls import path

from taxi import api

urlpatterns = [
    path("trips/", api.TripList.as_view(), name="api-trip-list"),
    path("trips/<int:pk>/", api.TripDetail.as_view(), name="api-trip-detail"),
]
