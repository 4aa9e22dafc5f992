"""The address of the first page."""

from django.urls import path

from datacenter.cockpit import views

urlpatterns = [path("", views.home, name="home")]
