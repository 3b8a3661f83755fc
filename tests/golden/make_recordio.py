"""Writes recordio.pb with Google's protobuf library (pip install protobuf): records that Sapwood's own encoder did not make.

Frames are packed by hand. The messages are those of the package aialgs.data, as the SageMaker documentation gives them.
"""

import pathlib
import struct

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FLOAT, DOUBLE, INT32, UINT64, STRING, BYTES, MESSAGE = 2, 1, 5, 4, 9, 12, 11

file = descriptor_pb2.FileDescriptorProto(name="record.proto", package="aialgs.data", syntax="proto2")


def field(message, name, number, kind, label=1, type_name=None, packed=None, oneof=None):
    f = message.field.add(name=name, number=number, type=kind, label=label)
    if type_name:
        f.type_name = ".aialgs.data." + type_name
    if packed:
        f.options.packed = True
    if oneof is not None:
        f.oneof_index = oneof


for name, kind in [("Float32Tensor", FLOAT), ("Float64Tensor", DOUBLE), ("Int32Tensor", INT32)]:
    tensor = file.message_type.add(name=name)
    field(tensor, "values", 1, kind, 3, packed=True)
    field(tensor, "keys", 2, UINT64, 3, packed=True)
    field(tensor, "shape", 3, UINT64, 3, packed=True)
content = file.message_type.add(name="Bytes")
field(content, "value", 1, BYTES, 3)
field(content, "content_type", 2, STRING)
value = file.message_type.add(name="Value")
value.oneof_decl.add(name="value")
for name, number, type_name in [
    ("float32_tensor", 2, "Float32Tensor"),
    ("float64_tensor", 3, "Float64Tensor"),
    ("int32_tensor", 7, "Int32Tensor"),
    ("bytes", 9, "Bytes"),
]:
    field(value, name, number, MESSAGE, type_name=type_name, oneof=0)
record = file.message_type.add(name="Record")
for number, (name, entry) in enumerate([("features", "FeaturesEntry"), ("label", "LabelEntry")], 1):
    nested = record.nested_type.add(name=entry)
    nested.options.map_entry = True
    field(nested, "key", 1, STRING)
    field(nested, "value", 2, MESSAGE, type_name="Value")
    field(record, name, number, MESSAGE, 3, type_name="Record." + entry)
for name, number in [("uid", 3), ("metadata", 4), ("configuration", 5)]:
    field(record, name, number, STRING)

pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Record = message_factory.GetMessageClass(pool.FindMessageTypeByName("aialgs.data.Record"))


def dense(kind, values, label_kind, label, **extra):
    r = Record(**extra)
    getattr(r.features["values"], kind).values.extend(values)
    getattr(r.label["values"], label_kind).values.append(label)
    return r


def sparse(kind, keys, values, shape, label):
    r = dense(kind, values, "float32_tensor", label)
    tensor = getattr(r.features["values"], kind)
    tensor.keys.extend(keys)
    tensor.shape.extend(shape)
    return r


RECORDS = [
    dense("float32_tensor", [0.5, float("nan"), -2.25], "float32_tensor", 1.0, uid="a", metadata="{}"),
    dense("float64_tensor", [0.1, 1e300, -0.0], "float64_tensor", 0.25),
    dense("int32_tensor", [-7, 2**31 - 1, -(2**31)], "int32_tensor", -3),
    sparse("float32_tensor", [2, 0], [1.5, 3.0], [3], 4.0),
    sparse("float64_tensor", [1], [0.3], [1, 3], 5.0),
    sparse("int32_tensor", [], [], [3], 6.0),
]
MAGIC = 0xCED7230A


def frame(payload, part=0):
    return struct.pack("<II", MAGIC, part << 29 | len(payload)) + payload + bytes(-len(payload) % 4)


frames = [frame(r.SerializeToString()) for r in RECORDS]
# The first record once more, with the magic number behind it in a field that no reader knows: cut into parts there, as MXNet does.
long = RECORDS[0].SerializeToString()
with_magic = long + b"\x32\x04" + struct.pack("<I", MAGIC)
frames.append(frame(with_magic[:-4], 1) + frame(b"", 3))
(pathlib.Path(__file__).parent / "recordio.pb").write_bytes(b"".join(frames))
