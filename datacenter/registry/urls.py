"""Addresses of the registry's pages."""

from django.urls import path

from datacenter.registry.views.companies import company_detail, company_list
from datacenter.registry.views.practitioners import practitioner_detail, practitioner_list, practitioner_unmask
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
]
