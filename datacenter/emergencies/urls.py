"""Addresses of the emergency desk."""

from django.urls import path

from datacenter.emergencies import views

urlpatterns = [
    path("emergencies/", views.desk, name="emergency-desk"),
    path("emergencies/open/", views.open_calls, name="emergency-open"),
    path("emergencies/ringing/", views.ringing, name="emergency-ringing"),
    path("emergencies/history/", views.history, name="emergency-history"),
    path("emergencies/export/", views.export, name="emergency-export"),
    path("emergencies/<int:pk>/", views.call_page, name="emergency-call"),
    path("emergencies/<int:pk>/place/", views.place, name="emergency-place"),
    path("emergencies/<int:pk>/progress/", views.progress, name="emergency-progress"),
    path("emergencies/<int:pk>/hand-over-note/", views.hand_over_note, name="emergency-note"),
    path("emergencies/<int:pk>/unmask/", views.unmask, name="emergency-unmask"),
    path("emergencies/<int:pk>/orders/<slug:name>/", views.order, name="emergency-order"),
    path("emergencies/<int:pk>/<slug:verb>/", views.act, name="emergency-act"),
]
