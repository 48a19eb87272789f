"""Reads what was published, straight from the store, with pyarrow's own clients, and with duckdb: by latest.json every part
and its CSV twin. Says every row as pyarrow reads it; the other readers must read the same.

Arguments: `azure` or `s3`, address (host:port), account or key id, secret, container and folder, pipeline."""

import json
import os
import sys
import tempfile

import duckdb
import pyarrow.csv
import pyarrow.fs
import pyarrow.parquet

kind, address, account, secret, root, pipeline = sys.argv[1:]
if kind == "azure":
    store = pyarrow.fs.AzureFileSystem(
        account, account_key=secret, blob_storage_authority=address, dfs_storage_authority=address,
        blob_storage_scheme="http", dfs_storage_scheme="http",
    )
else:
    store = pyarrow.fs.S3FileSystem(
        access_key=account, secret_key=secret, endpoint_override=address, scheme="http", region="us-east-1",
    )


def read(path):
    with store.open_input_stream(f"{root}/{path}") as stream:
        return stream.read()


latest = json.loads(read(f"predictions/{pipeline}/latest.json"))
json.loads(read(latest["manifest"]))
rows = []
with tempfile.TemporaryDirectory() as folder:
    for part in latest["parts"]:
        table = pyarrow.parquet.read_table(f"{root}/{part['path']}", filesystem=store)
        assert table.num_rows == part["rows"], part
        parquet, twin = os.path.join(folder, "part.parquet"), os.path.join(folder, "part.csv")
        for path, name in [(parquet, part["path"]), (twin, part["path"].removesuffix(".parquet") + ".csv")]:
            with open(path, "wb") as file:
                file.write(read(name))
        values = [list(row.values()) for row in table.to_pylist()]
        by_duckdb = duckdb.sql(f"set timezone = 'UTC'; select * from read_parquet('{parquet}')")
        assert by_duckdb.columns == table.column_names, by_duckdb.columns
        assert [list(row) for row in by_duckdb.fetchall()] == values
        # A text of its own says every value again; numbers as they are, to the last digit.
        text = pyarrow.csv.read_csv(twin)
        assert (text.num_rows, text.column_names) == (part["rows"], table.column_names), twin
        for name in table.column_names:
            if pyarrow.types.is_floating(table.schema.field(name).type) and not table[name].null_count:
                assert text[name].to_pylist() == table[name].to_pylist(), name
        assert duckdb.sql(f"select count(*) from read_csv('{twin}')").fetchone()[0] == part["rows"]
        rows += table.select(["at", "id", "prediction"]).to_pylist()
print(json.dumps({"rows": [[row["at"].isoformat(), row["id"], row["prediction"]] for row in rows]}))
