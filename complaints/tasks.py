"""Every task of the hotline in one place, as Celery looks for them."""

from complaints.calls import tasks as call_tasks
from complaints.ratings import tasks as rating_tasks

__all__ = ["call_tasks", "rating_tasks"]
