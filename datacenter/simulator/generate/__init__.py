"""How the demo movement is made: a synthetic road network, trips on it, and how vehicles drive.

Only `scripts/generate_demo_movement.py` runs this; the simulator reads its product, `simulator/data/movement.npz`.
"""
