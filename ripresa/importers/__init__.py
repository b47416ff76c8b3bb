"""Importers of official files: python -m ripresa import SOURCE FILE.

Each import writes data/imports/<source>__<table>.csv and rebuilds the database. There is one module per
publisher (eurostat, istat, worldbank, future_of_business, native_csv) and one per format (sdmx, tsv,
jsonstat_reader); each turns a file into observations in the columns of data/raw. Which tables and questions
feed which indicator is declared in data/catalogue/import_tables.toml and future_of_business.toml.
"""
