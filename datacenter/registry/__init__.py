"""The registry of companies, vehicles, people and terminals (登记)."""
