"""Every task of the taxis in one place, as Celery looks for them."""

from taxi.detection import tasks as detection_tasks
from taxi.meter import tasks as meter_tasks
from taxi.places import tasks as place_tasks
from taxi.rides import tasks as ride_tasks

__all__ = ["detection_tasks", "meter_tasks", "place_tasks", "ride_tasks"]
