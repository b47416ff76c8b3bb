"""Speed, measured: python -m benchmarks. Figures of one run are compared as ratios; the machine's noise is printed beside them."""
