"""Taxis at ranks and stations (候客点、场站): visits, refusal by the queue, passengers carried under a vacant sign."""
