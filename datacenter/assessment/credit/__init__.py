"""Transport credit (交通征信): grades, lists, repair, certificates, and what goes to the city's credit system."""
