"""Addresses of the catalogue of detectors and of their limits."""

from django.urls import path

from datacenter.detection import views
from datacenter.detection.elsewhere import views as elsewhere

urlpatterns = [
    path("detection/", views.catalogue_page, name="detection-catalogue"),
    path("detection/limits/<str:code>/", views.limits_page, name="detection-limits"),
    path("detection/limits/<str:code>/mode/", views.change_mode, name="detection-mode"),
    path("detection/limits/<str:code>/<int:pk>/end/", views.end_row, name="detection-limit-end"),
    path("detection/backtests/<int:pk>/", views.backtest_page, name="detection-backtest"),
    path("detection/backtests/<int:pk>/cancel/", views.cancel, name="detection-backtest-cancel"),
    path("detection/elsewhere/", elsewhere.leads, name="elsewhere-list"),
    path("detection/elsewhere/export/", elsewhere.export, name="elsewhere-export"),
    path("detection/elsewhere/<int:pk>/", elsewhere.lead_page, name="elsewhere-lead"),
    path("detection/elsewhere/<int:pk>/<str:verb>/", elsewhere.decide, name="elsewhere-act"),
]
