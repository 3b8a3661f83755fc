//! The attributes of a node, by name and type; tensors as lists of numbers.

use super::proto::{AttributeProto, NodeProto, TensorProto, element};
use prost::Message;
use prost::bytes::Bytes;
use std::collections::HashMap;

/// A node of the graph, decoded.
pub struct Node {
    /// The operator, with its domain where that is not ONNX's own.
    pub operator: String,
    /// What messages call it.
    pub label: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: Attributes,
}

/// The attributes of a node.
pub struct Attributes(HashMap<String, AttributeProto>);

impl Node {
    /// Decodes a node.
    ///
    /// # Errors
    /// Bytes that are none, or two attributes of one name.
    pub fn decode(bytes: Bytes) -> Result<Self, String> {
        let node = NodeProto::decode(bytes).map_err(|error| format!("a node: {error}"))?;
        let (op, domain) = (node.op_type.unwrap_or_default(), node.domain.unwrap_or_default());
        let operator = match &domain[..] {
            "" | "ai.onnx" | "ai.onnx.ml" => op,
            _ => format!("{domain}.{op}"),
        };
        let label = match node.name.filter(|name| !name.is_empty()) {
            Some(name) => format!("{operator} {name:?}"),
            None => operator.clone(),
        };
        let mut attributes = HashMap::new();
        for bytes in node.attribute {
            let attribute = AttributeProto::decode(bytes).map_err(|error| format!("{label}: {error}"))?;
            let name = attribute.name.clone().unwrap_or_default();
            if attributes.insert(name.clone(), attribute).is_some() {
                return Err(format!("{label} has the attribute {name:?} twice"));
            }
        }
        Ok(Self { operator, label, inputs: node.input, outputs: node.output, attributes: Attributes(attributes) })
    }
}

impl Attributes {
    /// A list of whole numbers, taken out; empty where there is none.
    pub fn take_ints(&mut self, name: &str) -> Vec<i64> {
        self.0.remove(name).map(|attribute| attribute.ints).unwrap_or_default()
    }

    /// A list of f32, taken out; empty where there is none.
    pub fn take_floats(&mut self, name: &str) -> Vec<f32> {
        self.0.remove(name).map(|attribute| attribute.floats).unwrap_or_default()
    }

    /// A list of texts, as bytes, taken out; empty where there is none.
    pub fn take_strings(&mut self, name: &str) -> Vec<Bytes> {
        self.0.remove(name).map(|attribute| attribute.strings).unwrap_or_default()
    }

    /// A list of texts; empty where there is none.
    ///
    /// # Errors
    /// One that is not UTF-8.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).map_err(|_| format!("{name} has a text that is not UTF-8"));
        self.0.get(name).map_or(Ok(Vec::new()), |attribute| attribute.strings.iter().map(text).collect())
    }

    /// A list of whole numbers; empty where there is none.
    pub fn ints(&self, name: &str) -> &[i64] {
        self.0.get(name).map(|attribute| &attribute.ints[..]).unwrap_or_default()
    }

    /// The greatest number of a list.
    pub fn greatest(&self, name: &str) -> Option<i64> {
        self.ints(name).iter().copied().max()
    }

    /// A list of f32; empty where there is none.
    pub fn floats(&self, name: &str) -> &[f32] {
        self.0.get(name).map(|attribute| &attribute.floats[..]).unwrap_or_default()
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Option<&TensorProto> {
        self.0.get(name)?.t.as_ref()
    }

    /// A tensor, taken out.
    pub fn take_tensor(&mut self, name: &str) -> Option<TensorProto> {
        self.0.remove(name)?.t
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.i
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.s.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The numbers of a tensor of floats, doubles or whole numbers, in their order.
///
/// # Errors
/// A tensor of something else, in another file, or whose numbers are not as many as its dimensions say.
pub fn numbers(tensor: &TensorProto) -> Result<Vec<f64>, String> {
    if !tensor.external_data.is_empty() {
        return Err("a tensor is in another file; save the model with its data inside".into());
    }
    let kind = tensor.data_type.unwrap_or(0);
    let numbers: Vec<f64> = match (kind, &tensor.raw_data) {
        (element::FLOAT, Some(raw)) => raw.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes).into()).collect(),
        (element::FLOAT, None) => tensor.float_data.iter().copied().map(f64::from).collect(),
        (element::DOUBLE, Some(raw)) => raw.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect(),
        (element::DOUBLE, None) => tensor.double_data.clone(),
        (element::UINT8, Some(raw)) => raw.iter().copied().map(f64::from).collect(),
        (element::INT64, Some(raw)) => raw.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as f64).collect(),
        (element::INT64, None) => tensor.int64_data.iter().map(|&number| number as f64).collect(),
        (element::INT32, Some(raw)) => raw.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes).into()).collect(),
        (element::UINT8 | element::INT32, None) => tensor.int32_data.iter().copied().map(f64::from).collect(),
        _ => return Err(format!("a tensor has elements of type {kind}, which are not read")),
    };
    let expected = tensor.dims.iter().try_fold(1i64, |product, &dim| product.checked_mul(dim));
    match expected == i64::try_from(numbers.len()).ok() {
        true => Ok(numbers),
        false => Err(format!("a tensor of dimensions {:?} has {} numbers", tensor.dims, numbers.len())),
    }
}
