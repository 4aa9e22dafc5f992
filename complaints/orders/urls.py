"""Addresses of the console, of orders and of companies' answers, under ``/complaints/``."""

from django.urls import path

from complaints.orders import company_views, order_views, statistics_views, views

urlpatterns = [
    path("", views.console, name="complaint-console"),
    path("beside/", views.beside, name="complaint-beside"),
    path("questions/", views.questions, name="complaint-questions"),
    path("complete/<str:what>/", views.complete, name="complaint-complete"),
    path("orders/", order_views.order_list, name="complaint-orders"),
    path("orders/export/", order_views.order_export, name="complaint-orders-export"),
    path("orders/province/", order_views.order_province, name="complaint-orders-province"),
    path("orders/<str:number>/", order_views.order_detail, name="complaint-order"),
    path("orders/<str:number>/unmask/", order_views.order_unmask, name="complaint-order-unmask"),
    path("orders/<str:number>/files/<int:pk>/", order_views.order_file, name="complaint-order-file"),
    path("orders/<str:number>/<str:verb>/", order_views.order_act, name="complaint-order-act"),
    path("statistics/", statistics_views.statistics_page, name="complaint-statistics"),
    path("statistics/brief/<str:on>/", statistics_views.daily_brief, name="complaint-brief"),
    path("requests/", company_views.request_list, name="complaint-requests"),
    path("requests/<int:pk>/", company_views.request_detail, name="complaint-request"),
    path("requests/<int:pk>/files/<int:file>/", company_views.request_file, name="complaint-request-file"),
]
