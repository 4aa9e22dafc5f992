"""Where vehicles were: append, latest, between (轨迹)."""
