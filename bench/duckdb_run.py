"""Runs SQL with DuckDB's Python module and writes the last result as CSV to stdout.

Only for bench/run.sh, where there is no duckdb program: python3 duckdb_run.py SCRIPT.sql"""
import sys

import duckdb

connection = duckdb.connect()
with open(sys.argv[1], encoding="utf-8") as script:
    statements = connection.extract_statements(script.read())
for statement in statements[:-1]:
    connection.execute(statement)
connection.sql(statements[-1].query).to_csv("/dev/stdout")
