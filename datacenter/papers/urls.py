"""Addresses of papers."""

from django.urls import path

from datacenter.papers import views

urlpatterns = [path("cases/<str:number>/evidence.pdf", views.case_evidence, name="case-evidence")]
