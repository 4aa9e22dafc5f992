"""Addresses of telephony's pages, under ``/complaints/calls/``."""

from django.urls import path

from complaints.calls import views

urlpatterns = [
    path("", views.call_list, name="call-list"),
    path("export/", views.call_export, name="call-export"),
    path("ringing/", views.ringing, name="call-ringing"),
    path("<int:pk>/", views.call_detail, name="call-detail"),
    path("<int:pk>/caller/", views.caller, name="call-caller"),
    path("<int:pk>/take/", views.take, name="call-take"),
    path("<int:pk>/order/", views.order, name="call-order"),
    path("<int:pk>/recording/", views.recording, name="call-recording"),
]
