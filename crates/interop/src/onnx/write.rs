//! Messages of ONNX as they are written.

use super::proto::{
    AttributeProto, Dimension, GraphProto, ModelProto, NodeProto, OperatorSetId, StringStringEntry, TensorProto, TensorShape,
    TensorType, TypeProto, ValueInfo, element, kind,
};
use prost::Message;
use prost::bytes::Bytes;

/// Whether numbers are written as doubles or floats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Single,
    Double,
}

impl Width {
    /// The type of elements.
    pub fn element(self) -> i32 {
        match self {
            Self::Single => element::FLOAT,
            Self::Double => element::DOUBLE,
        }
    }
}

/// The attributes of a node.
#[derive(Default)]
pub struct AttributeList(Vec<Bytes>);

impl AttributeList {
    fn push(mut self, name: &str, kind: i32, set: impl FnOnce(&mut AttributeProto)) -> Self {
        let mut attribute = AttributeProto { name: Some(name.into()), kind: Some(kind), ..AttributeProto::default() };
        set(&mut attribute);
        self.0.push(bytes(&attribute));
        self
    }

    pub fn int(self, name: &str, value: i64) -> Self {
        self.push(name, kind::INT, |attribute| attribute.i = Some(value))
    }

    pub fn text(self, name: &str, value: &str) -> Self {
        self.push(name, kind::STRING, |attribute| attribute.s = Some(Bytes::copy_from_slice(value.as_bytes())))
    }

    pub fn ints(self, name: &str, values: Vec<i64>) -> Self {
        self.push(name, kind::INTS, |attribute| attribute.ints = values)
    }

    pub fn texts<T: AsRef<[u8]>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(|value| Bytes::copy_from_slice(value.as_ref())).collect();
        self.push(name, kind::STRINGS, |attribute| attribute.strings = values)
    }

    pub fn tensor(self, name: &str, width: Width, values: &[f64]) -> Self {
        let tensor = tensor(name, width, values);
        self.push(name, kind::TENSOR, |attribute| attribute.t = Some(tensor))
    }

    pub fn byte_tensor(self, name: &str, values: Vec<u8>) -> Self {
        let tensor = TensorProto {
            dims: vec![values.len() as i64],
            data_type: Some(element::UINT8),
            raw_data: Some(values.into()),
            name: Some(name.into()),
            ..TensorProto::default()
        };
        self.push(name, kind::TENSOR, |attribute| attribute.t = Some(tensor))
    }

    /// Floats, or doubles in a tensor called `NAME_as_tensor`.
    pub fn numbers(self, name: &str, width: Width, values: &[f64]) -> Self {
        match width {
            Width::Double => self.tensor(&format!("{name}_as_tensor"), width, values),
            Width::Single => {
                let values = values.iter().map(|&value| value as f32).collect();
                self.push(name, kind::FLOATS, |attribute| attribute.floats = values)
            }
        }
    }
}

/// A list of numbers.
pub fn tensor(name: &str, width: Width, values: &[f64]) -> TensorProto {
    let raw: Vec<u8> = match width {
        Width::Single => values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect(),
        Width::Double => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    };
    TensorProto {
        dims: vec![values.len() as i64],
        data_type: Some(width.element()),
        raw_data: Some(raw.into()),
        name: Some(name.into()),
        ..TensorProto::default()
    }
}

/// A node; those of `ai.onnx.ml` begin with `Tree`.
pub fn node(operator: &str, inputs: &[&str], outputs: &[&str], attributes: AttributeList) -> NodeProto {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
    let domain = if operator.starts_with("Tree") { "ai.onnx.ml" } else { "" };
    NodeProto {
        input: texts(inputs),
        output: texts(outputs),
        name: Some(outputs[outputs.len() - 1].into()),
        op_type: Some(operator.into()),
        attribute: attributes.0,
        domain: Some(domain.into()),
    }
}

/// The name and type of rows with so many columns, or of rows that are numbers.
pub fn value(name: &str, element: i32, columns: Option<usize>) -> ValueInfo {
    let rows = Dimension { dim_value: None, dim_param: Some("N".into()) };
    let columns = columns.map(|columns| Dimension { dim_value: Some(columns as i64), dim_param: None });
    let shape = TensorShape { dim: [Some(rows), columns].into_iter().flatten().collect() };
    let tensor_type = Some(TensorType { elem_type: Some(element), shape: Some(shape) });
    ValueInfo { name: Some(name.into()), value_type: Some(TypeProto { tensor_type }) }
}

/// What a file consists of.
pub struct Parts {
    pub nodes: Vec<NodeProto>,
    pub constants: Vec<TensorProto>,
    pub input: ValueInfo,
    pub outputs: Vec<ValueInfo>,
    pub metadata: Vec<(&'static str, String)>,
}

/// The bytes of a file with operators of this version of `ai.onnx.ml`.
pub fn file(parts: Parts, version: i64) -> Vec<u8> {
    // The first releases of ONNX's own operators and of the format that go with it.
    let (operators, ir_version) = if version < 5 { (13, 7) } else { (21, 10) };
    let set = |domain: &str, version| OperatorSetId { domain: Some(domain.into()), version: Some(version) };
    let entry = |(key, value): (&str, String)| StringStringEntry { key: Some(key.into()), value: Some(value) };
    let graph = GraphProto {
        node: parts.nodes.iter().map(bytes).collect(),
        name: Some("trees".into()),
        initializer: parts.constants.iter().map(bytes).collect(),
        input: vec![bytes(&parts.input)],
        output: parts.outputs.iter().map(bytes).collect(),
        sparse_initializer: Vec::new(),
    };
    let model = ModelProto {
        ir_version: Some(ir_version),
        producer_name: Some("sapwood".into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        graph: Some(graph),
        opset_import: vec![bytes(&set("", operators)), bytes(&set("ai.onnx.ml", version))],
        metadata_props: parts.metadata.into_iter().map(|pair| bytes(&entry(pair))).collect(),
        functions: Vec::new(),
    };
    model.encode_to_vec()
}

fn bytes(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}
