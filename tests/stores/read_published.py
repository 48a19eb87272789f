"""Reads what was published with pyarrow and duckdb: row counts of every part, by latest.json; CSV twins alike."""

import json
import sys

import duckdb
import pyarrow.csv
import pyarrow.parquet

root, pipeline = sys.argv[1:]
latest = json.load(open(f"{root}/predictions/{pipeline}/latest.json"))
manifest = json.load(open(f"{root}/{latest['manifest']}"))
rows = 0
for part in latest["parts"]:
    table = pyarrow.parquet.read_table(f"{root}/{part['path']}")
    assert table.num_rows == part["rows"], part
    parquet = f"read_parquet('{root}/{part['path']}')"
    counted = duckdb.sql(f"""select count(*), count(distinct concat("at", ' ', "id")) from {parquet}""").fetchone()
    assert counted == (part["rows"], part["rows"]), counted
    names = duckdb.sql(f"describe select * from {parquet}").fetchall()
    assert [name[0] for name in names] == table.column_names, names
    twin = f"{root}/{part['path'].removesuffix('.parquet')}.csv"
    text = pyarrow.csv.read_csv(twin)
    assert (text.num_rows, text.column_names) == (part["rows"], table.column_names), twin
    assert duckdb.sql(f"select count(*) from read_csv('{twin}')").fetchone()[0] == part["rows"]
    rows += part["rows"]
print(json.dumps({"rows": rows, "parts": len(latest["parts"])}))
