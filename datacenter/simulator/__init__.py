"""车载终端模拟: the demo city's fleet as real JT/T 808 terminals.

Pure Python: neither Django nor the database. `fleet.py` says which vehicles there are, `movement.py` where each of
them is at any moment, `terminal.py` is one terminal on its TCP connection, `run.py` runs many of them.
"""
