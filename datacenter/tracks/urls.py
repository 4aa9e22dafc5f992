"""Addresses of the live map and of a vehicle's track."""

from django.urls import path
from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
