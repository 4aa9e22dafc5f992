"""Addresses of the call platform's door, under ``/api/v1/calls/``."""

from django.urls import path

from complaints.calls import api

urlpatterns = [
    path("events/", api.CallEvents.as_view(), name="api-call-events"),
    path("standings/", api.CallStandings.as_view(), name="api-call-standings"),
]
