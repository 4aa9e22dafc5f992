"""Addresses of the quarantine and of unknown terminals."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
