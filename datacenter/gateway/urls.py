"""Addresses of the pages about frames and terminals that the gateway could not take."""

from django.urls import path

from datacenter.gateway import views

urlpatterns = [
    path("gateway/quarantine/", views.quarantine, name="quarantine"),
    path("gateway/quarantine/<int:pk>/", views.frame_detail, name="quarantined-frame"),
    path("gateway/unknown/", views.unknown_terminals, name="unknown-terminals"),
    path("gateway/unknown/<int:pk>/adopt/", views.adopt, name="adopt-terminal"),
]
