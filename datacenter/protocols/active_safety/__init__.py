"""Active driving safety (主动安全): T/JSATL 12-2017 and what other provinces made of it, in frames of JT/T 808."""
