"""Addresses of the registry's pages."""

from django.urls import path

from datacenter.registry.views.companies import company_detail, company_list
from datacenter.registry.views.practitioners import practitioner_detail, practitioner_list, practitioner_unmask
from datacenter.registry.views.sheets import (
    export_sheet,
    import_confirm,
    import_page,
    import_report,
    import_template,
)
from datacenter.registry.views.terminals import terminal_list
from datacenter.registry.views.vehicles import vehicle_detail, vehicle_list

urlpatterns = [
    path("vehicles/", vehicle_list, name="vehicle-list"),
    path("vehicles/<int:pk>/", vehicle_detail, name="vehicle-detail"),
    path("companies/", company_list, name="company-list"),
    path("companies/<int:pk>/", company_detail, name="company-detail"),
    path("practitioners/", practitioner_list, name="practitioner-list"),
    path("practitioners/<int:pk>/", practitioner_detail, name="practitioner-detail"),
    path("practitioners/<int:pk>/unmask/", practitioner_unmask, name="practitioner-unmask"),
    path("terminals/", terminal_list, name="terminal-list"),
    path("registry/import/", import_page, name="registry-import"),
    path("registry/import/template/<slug:kind>/", import_template, name="registry-import-template"),
    path("registry/import/<str:token>/confirm/", import_confirm, name="registry-import-confirm"),
    path("registry/import/<str:token>/report/", import_report, name="registry-import-report"),
    path("registry/export/<slug:kind>/", export_sheet, name="registry-export"),
]
