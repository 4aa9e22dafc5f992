"""Addresses for citizens, under ``/travel/``: no login."""

from django.urls import path

from complaints.orders import public

urlpatterns = [
    path("complain/", public.complain, name="complaint-complain"),
    path("complaints/", public.progress, name="complaint-progress"),
]
