"""Addresses of the cases' API, under ``/api/v1/``."""

from django.urls import path

from datacenter.cases import api, api_verbs

urlpatterns = [
    path("cases/", api.CaseList.as_view(), name="api-case-list"),
    path("cases/<str:number>/", api.CaseDetail.as_view(), name="api-case-detail"),
    *(
        path(f"cases/<str:number>/{verb.value}/", view, name=f"api-case.{verb.value}")
        for verb, view in api_verbs.VERBS.items()
    ),
]
