"""Addresses of the hotline's API, under ``/api/v1/hotline/``."""

from django.urls import path

from complaints.orders import api

urlpatterns = [
    path("orders/", api.Orders.as_view(), name="api-hotline-orders"),
    path("orders/<str:number>/", api.OrderProgress.as_view(), name="api-hotline-order"),
]
