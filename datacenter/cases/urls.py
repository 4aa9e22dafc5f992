"""Addresses of the cases' pages."""

from django.urls import path

from datacenter.cases import bulk_views, looks_views, territory_views, views

urlpatterns = [
    path("cases/", views.case_list, name="case-list"),
    path("cases/export/", views.case_export, name="case-export"),
    path("cases/bulk/", bulk_views.case_bulk, name="case-bulk"),
    path("cases/territory/", territory_views.territory, name="territory"),
    path("cases/territory/<int:pk>/", territory_views.territory_rule, name="territory-rule"),
    path("cases/<str:number>/", views.case_detail, name="case-detail"),
    path("cases/<str:number>/attachments/<int:pk>/", views.case_attachment, name="case-attachment"),
    path("cases/<str:number>/looks/", looks_views.case_looks, name="case-looks"),
    path("cases/<str:number>/<str:verb>/", views.case_act, name="case-act"),
]
