"""Writes prefixes.parquet and unfolding-*.parquet with Apache Arrow (pip install pyarrow)."""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
schema = pa.schema([("y", pa.float64()), ("s", pa.string())])


def write(name, texts, encoding):
    labels = [float(row % 2) for row in range(len(texts))]
    encodings = {"y": "PLAIN", "s": encoding}
    pq.write_table(
        pa.table({"y": labels, "s": texts}, schema=schema),
        here / name,
        use_dictionary=False,
        column_encoding=encodings,
        compression="zstd",
        write_statistics=False,
        data_page_size=1 << 12,
    )


texts = [None if row % 50 == 7 else f"https://example.com/{row % 2}/items/{row % 10:05}" for row in range(1000)]
write("prefixes.parquet", texts, "DELTA_BYTE_ARRAY")
for encoding in ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"):
    write(f"unfolding-{encoding.lower()}.parquet", ["x" * 100_000] * 2000, encoding)
