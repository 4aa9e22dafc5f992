"""Addresses of the pages of orders (指令)."""

from django.urls import path

from datacenter.commands import reports, views

urlpatterns = [
    path("commands/", views.command_list, name="command-list"),
    path("commands/<int:pk>/", views.command_detail, name="command-detail"),
    path("commands/<int:pk>/cancel/", views.command_cancel, name="command-cancel"),
    path("commands/batches/", views.batch_list, name="command-batches"),
    path("commands/batches/<int:pk>/", views.batch_detail, name="command-batch"),
    path("commands/batches/<int:pk>/cancel/", views.batch_cancel, name="command-batch-cancel"),
    path("commands/new/<slug:code>/", views.command_bulk, name="command-bulk"),
    path("vehicles/<int:pk>/reports/", reports.report_list, name="vehicle-reports"),
    path("reports/<int:pk>/", reports.report_detail, name="terminal-report"),
    path("vehicles/<int:pk>/commands/", views.vehicle_commands, name="vehicle-commands"),
    path("vehicles/<int:pk>/commands/<slug:code>/", views.vehicle_order, name="vehicle-order"),
]
