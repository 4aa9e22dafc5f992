"""Addresses of the taxis' pages, under ``/taxi/``."""

from django.urls import path

from taxi import views

urlpatterns = [
    path("trips/", views.trip_list, name="trip-list"),
    path("trips/export/", views.trip_export, name="trip-export"),
    path("trips/<int:pk>/", views.trip_detail, name="trip-detail"),
    path("shifts/", views.shift_list, name="shift-list"),
    path("on-duty/", views.on_duty, name="on-duty"),
]
