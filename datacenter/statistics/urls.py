"""Addresses of the statistics."""

from django.urls import path

from datacenter.statistics import views

urlpatterns = [
    path("statistics/", views.statistics_page, name="statistics"),
    path("statistics/export/", views.statistics_export, name="statistics-export"),
    path("statistics/places/", views.statistics_places, name="statistics-places"),
    path("statistics/counties/", views.statistics_counties, name="statistics-counties"),
]
