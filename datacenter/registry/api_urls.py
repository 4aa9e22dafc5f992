"""Addresses of the registry's API, under ``/api/v1/``."""

from rest_framework.routers import SimpleRouter

from datacenter.registry.api import CompanyViewSet, VehicleViewSet

router = SimpleRouter()
router.register("vehicles", VehicleViewSet, basename="api-vehicle")
router.register("companies", CompanyViewSet, basename="api-company")

urlpatterns = router.urls
