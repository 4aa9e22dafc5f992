"""Addresses of instructions."""

from django.urls import path

from datacenter.instructions import step_views, views

urlpatterns = [
    path("instructions/", views.instruction_list, name="instruction-list"),
    path("instructions/export/", views.list_export, name="instruction-list-export"),
    path("instructions/new/", views.new, name="instruction-new"),
    path("instructions/<int:pk>/", views.detail, name="instruction"),
    path("instructions/<int:pk>/progress/", views.progress, name="instruction-progress"),
    path("instructions/<int:pk>/export/", views.export, name="instruction-export"),
    path("instructions/<int:pk>/files/<int:file_pk>/", views.file, name="instruction-file"),
    path("instructions/<int:pk>/results/", step_views.results, name="instruction-results"),
    path("instructions/<int:pk>/items/<int:item_pk>/case/", step_views.case, name="instruction-case"),
    path("instructions/<int:pk>/city-list/", step_views.city_results, name="instruction-city-results"),
    path("instructions/<int:pk>/city-list/<int:item_pk>/case/", step_views.city_case, name="instruction-city-case"),
    path("instructions/<int:pk>/do/<str:verb>/", step_views.act, name="instruction-act"),
    path("instructions/<int:pk>/counties/<str:county>/<str:verb>/", step_views.task_act, name="instruction-task"),
]
