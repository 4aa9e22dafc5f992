"""Files and alarms from terminals."""
