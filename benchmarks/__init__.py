"""Benchmarks: python -m benchmarks.

Figures of one run are compared as ratios, because absolute times depend on the machine; the report gives its
load.
"""
