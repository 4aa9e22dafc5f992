"""Vehicles from elsewhere that work in the city (外地车异地经营): positions and plate reads in, leads out."""
