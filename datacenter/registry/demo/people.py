"""Made-up people of the demo city (演示人员). Simulated terminals name them too, so they live with the demo fleet."""

from datacenter.simulator.people import DemoPerson, driver_numbers, escort_number, person

__all__ = ["DemoPerson", "driver_numbers", "escort_number", "person"]
