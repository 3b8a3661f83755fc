"""Writes rows.parquet with Apache Arrow (pip install pyarrow): the rows 1 to 300 of container/cases/conformance.bash."""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

rows = [(int((i * 5 % 17 + i * 7 % 19 > 17) != (i * 11 % 13 == 0)), i * 5 % 17, i * 7 % 19) for i in range(1, 301)]
y, a, b = zip(*rows)
table = pa.table({"y": pa.array(y, pa.int64()), "a": pa.array(a, pa.int64()), "b": pa.array(b, pa.float64())})
pq.write_table(table, pathlib.Path(__file__).parent / "rows.parquet", row_group_size=128)
