"""The benchmarks of DESIGN §11: ``make bench``, or ``make bench BENCH=name``; a line of JSON a figure."""
