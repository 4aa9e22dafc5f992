"""不使用计价器: rides without the meter, found from the track alone.

Pure numpy and LightGBM: no database, no clock. ``grid`` lays tracks on minutes, ``hiding`` makes the examination,
``movement``, ``habits`` and ``stretches`` say what a minute looks like, ``candidates`` propose rides, ``model`` scores
them, ``matching`` and ``evaluation`` say how well. docs/detection.md tells the method and its figures.
"""

import os

# LightGBM's threads spin while they wait for one another, which beside other processes makes two slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
