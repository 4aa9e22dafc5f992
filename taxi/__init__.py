"""出租汽车: shifts, trips, meters; JT/T 905 facts become rows that officers and drivers can argue about."""
