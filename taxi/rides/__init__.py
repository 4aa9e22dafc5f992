"""Rides (乘车) of all taxis, kept from their tracks: what the hotline searches when a passenger left something."""
