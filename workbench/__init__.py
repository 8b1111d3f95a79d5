"""A tuning workbench for Postgres: build the index, run the query, show the receipt."""
