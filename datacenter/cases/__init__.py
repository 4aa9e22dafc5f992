"""Cases and their loop (案件)."""
