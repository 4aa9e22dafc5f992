"""Addresses of the knowledge base, under ``/complaints/knowledge/``."""

from django.urls import path

from complaints.knowledge import views

urlpatterns = [
    path("", views.knowledge, name="knowledge"),
    path("search/", views.knowledge_search, name="knowledge-search"),
    path("new/", views.edit, name="knowledge-new"),
    path("preview/", views.preview, name="knowledge-preview"),
    path("<int:pk>/", views.article, name="knowledge-article"),
    path("<int:pk>/edit/", views.edit, name="knowledge-edit"),
    path("<int:pk>/withdraw/", views.withdraw, name="knowledge-withdraw"),
]
