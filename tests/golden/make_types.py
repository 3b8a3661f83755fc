"""Writes types.parquet, old_times.parquet and categories.parquet with Apache Arrow (pip install pyarrow pandas)."""

import datetime
import pathlib
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
rows = range(8)

pq.write_table(
    pa.table(
        {
            "y": [i % 2 for i in rows],
            "half": pa.array([np.float16(i / 4) if i != 5 else None for i in rows], pa.float16()),
            "clock": pa.array([datetime.time(i) for i in rows], pa.time64("us")),
            "span": pa.array([datetime.timedelta(hours=i) for i in rows], pa.duration("us")),
            "uuid": pa.array([uuid.UUID(int=i).bytes for i in rows], pa.binary(16)),
            "bytes": pa.array([bytes([i]) for i in rows], pa.binary()),
        }
    ),
    here / "types.parquet",
)

# Spark's and Hive's default: 96 bits, which reach further than 64 bits of nanoseconds.
moments = [datetime.datetime(1, 1, 1), datetime.datetime(1677, 1, 1), datetime.datetime(2024, 1, 5, 10, 30), datetime.datetime(9999, 12, 31)]
pq.write_table(
    pa.table({"y": [0, 1, 0, 1], "t": pa.array(moments, pa.timestamp("us")), "x": [1.0, 2.0, 3.0, 4.0]}),
    here / "old_times.parquet",
    use_deprecated_int96_timestamps=True,
    store_schema=False,
)

frame = pd.DataFrame({"y": [i % 2 for i in rows]})
frame["whole"] = pd.Categorical([10 + 5 * (i % 3) for i in rows])
frame["ordered"] = pd.Categorical([[3, 1, 2][i % 3] for i in rows], categories=[3, 1, 2], ordered=True)
frame["flag"] = pd.Categorical([i % 3 == 0 for i in rows])
frame["text"] = pd.Categorical(["ab"[i % 2] for i in rows])
frame["number"] = [10 + 5 * (i % 3) for i in rows]
frame.to_parquet(here / "categories.parquet")

# As fastparquet writes it: pandas' notes without an Arrow schema.
table = pa.Table.from_pandas(frame)
plain = pa.table({name: table[name].cast(table.schema.field(name).type.value_type) if name not in ("y", "number") else table[name]
                  for name in table.column_names})
with pq.ParquetWriter(here / "categories_by_pandas.parquet", plain.schema, store_schema=False) as writer:
    writer.write_table(plain)
    writer.add_key_value_metadata({"pandas": table.schema.metadata[b"pandas"].decode()})
