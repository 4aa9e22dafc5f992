"""The citizens' address of a taxi's rating page, under ``/travel/rate/``."""

from django.urls import path

from complaints.ratings import public

urlpatterns = [path("<slug:code>/", public.rate, name="ride-rate")]
