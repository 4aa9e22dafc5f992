"""Every pattern of the URL configuration and every page of ``/admin/``, for the walk over all addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.walls.world import World


@dataclass(frozen=True)
class Address:
    """One pattern of the URL configuration; ``name`` is its route where it has no name."""

    name: str
    route: str
    pattern: URLPattern

    @property
    def right(self) -> str | None:
        """The right that its view says it asks for; None where it says none."""
        view = self.pattern.callback
        return getattr(view, "right", None) or getattr(getattr(view, "cls", None), "right", None)


def addresses(resolver: URLResolver | None = None, space: str = "", route: str = "") -> Iterator[Address]:
    """Every pattern of the house, the admin's too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern, inner, route + str(pattern.pattern))
        else:
            here = route + str(pattern.pattern)
            yield Address(f"{space}{pattern.name}" if pattern.name else here, here, pattern)


def in_admin(address: Address) -> bool:
    """Whether it belongs to ``/admin/``, which is walked by its models."""
    return address.route.startswith("admin/")


def admin_paths(world: World) -> Iterator[str]:
    """Every page of ``/admin/``, with an object of Dawa's where a model has one; empty ids where it has none."""
    yield from (reverse(f"admin:{name}") for name in ("index", "password_change", "password_change_done", "jsi18n"))
    yield "/admin/nowhere/"
    yield reverse("admin:app_list", args=["datacenter"]) if admin.site._registry else "/admin/datacenter/"
    for model in admin.site._registry:
        row = next((value for value in vars(world).values() if type(value) is model), None)
        row = row or model._default_manager.order_by("pk").first()
        prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{prefix}_changelist")
        yield f"{reverse(f'{prefix}_changelist')}?q={world.vehicle.plate[1:6]}"
        yield reverse(f"{prefix}_add")
        for page in ("history", "delete", "change"):
            yield reverse(f"{prefix}_{page}", args=[row.pk if row else 0])
