"""Who a session belongs to."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from datacenter.accounts.models import User


class Backend(ModelBackend):
    """Django's own, but for one query less a request: a user comes with the unit that his scope is made of."""

    def get_user(self, user_id: int) -> User | None:
        """The user of this id, if he may sign in."""
        user = User.objects.select_related("unit").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
