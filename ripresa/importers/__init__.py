"""Official files an analyst brings: python -m ripresa import SOURCE FILE -> data/imports/<source>__<table>.csv, then a build.

One module a publisher (eurostat, istat, worldbank, future_of_business, own) and one a format (sdmx, tsv, jsonstat); each turns a file into
figures in the layout of data/raw. What feeds what is declared in tables.toml and future_of_business.toml.
"""
