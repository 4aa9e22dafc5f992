"""Addresses of the screening desk."""

from django.urls import path

from datacenter.screening import live_views, views

urlpatterns = [
    path("screening/", views.desk, name="screening"),
    path("screening/next/", views.fetch_next, name="screening-next"),
    path("screening/report/", views.report, name="screening-report"),
    path("screening/report/<str:code>/", views.screen_first, name="screening-first"),
    path("screening/live/", live_views.live, name="screening-live"),
    path("screening/live/<int:pk>/photo/", live_views.photo, name="screening-photo"),
    path("screening/live/<int:pk>/mark/", live_views.mark, name="screening-mark"),
    path("screening/<int:pk>/<str:verb>/", views.act, name="screening-act"),
]
