//! [`Building`]: a column that grows array by array.

use super::abi::{SchemaRef, damaged};
use super::view::View;
use crate::column::{Column, Values, text, wide};
use crate::foreign::{Buffer, Foreign};
use crate::number::{Number, Wide};
use sapwood::data::MISSING_CODE;
use sapwood::{Error, FeatureKind, Result};
use std::collections::HashMap;

/// A column as far as its arrays have come.
pub struct Building {
    name: String,
    format: Format,
    numbers: Numbers,
    /// Of texts and dictionaries.
    codes: Vec<u32>,
    levels: Vec<String>,
    index: HashMap<String, u32>,
}

#[derive(Default)]
enum Numbers {
    #[default]
    None,
    F64(Vec<f64>),
    F32(Vec<f32>),
    /// The only array so far, where it lies.
    F64InPlace(Foreign<f64>),
    F32InPlace(Foreign<f32>),
}

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Null,
    Bool,
    Number(NumberFormat),
    Half,
    /// Unscaled numbers of 64 or 128 bits, with so many digits behind the point.
    Decimal {
        bytes: usize,
        scale: i32,
    },
    Date,
    DateOfMilliseconds,
    /// So many of its unit are a second.
    Timestamp(i64),
    Text(TextFormat),
    /// Positions of this type in texts or numbers.
    Dictionary(NumberFormat),
}

#[derive(Clone, Copy, PartialEq)]
enum NumberFormat {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

#[derive(Clone, Copy, PartialEq)]
enum TextFormat {
    Small,
    Large,
    View,
}

fn number(format: &str) -> Option<NumberFormat> {
    Some(match format {
        "c" => NumberFormat::I8,
        "C" => NumberFormat::U8,
        "s" => NumberFormat::I16,
        "S" => NumberFormat::U16,
        "i" => NumberFormat::I32,
        "I" => NumberFormat::U32,
        "l" => NumberFormat::I64,
        "L" => NumberFormat::U64,
        "f" => NumberFormat::F32,
        "g" => NumberFormat::F64,
        _ => return None,
    })
}

fn text_format(format: &str) -> Option<TextFormat> {
    Some(match format {
        "u" => TextFormat::Small,
        "U" => TextFormat::Large,
        "vu" => TextFormat::View,
        _ => return None,
    })
}

fn decimal(format: &str) -> Option<Format> {
    let mut parts = format.strip_prefix("d:")?.split(',');
    let (_, scale, bits) = (parts.next()?, parts.next()?.parse().ok()?, parts.next().unwrap_or("128"));
    Some(Format::Decimal { bytes: if bits == "64" { 8 } else { (bits == "128").then_some(16)? }, scale })
}

fn parse(schema: SchemaRef<'_>) -> Result<Option<Format>> {
    let format = schema.format()?;
    if let Some(values) = schema.dictionary() {
        let values = values.format()?;
        let is_known = number(values).is_some() || text_format(values).is_some();
        return Ok(number(format).filter(|_| is_known).map(Format::Dictionary));
    }
    let per_second = |unit: &str| match unit.as_bytes().first() {
        Some(b's') => Some(1),
        Some(b'm') => Some(1_000),
        Some(b'u') => Some(1_000_000),
        Some(b'n') => Some(1_000_000_000),
        _ => None,
    };
    Ok(match format {
        "n" => Some(Format::Null),
        "b" => Some(Format::Bool),
        "e" => Some(Format::Half),
        "tdD" => Some(Format::Date),
        "tdm" => Some(Format::DateOfMilliseconds),
        _ => None,
    }
    .or_else(|| number(format).map(Format::Number))
    .or_else(|| text_format(format).map(Format::Text))
    .or_else(|| decimal(format))
    .or_else(|| format.strip_prefix("ts").and_then(per_second).map(Format::Timestamp)))
}

impl Building {
    /// A column without values yet.
    ///
    /// # Errors
    /// A type that features cannot have.
    pub fn new(name: String, schema: SchemaRef<'_>) -> Result<Self> {
        let Some(format) = parse(schema)? else {
            let what = match schema.format()? {
                list if list.starts_with('+') => "lists or structs".to_string(),
                binary @ ("z" | "Z" | "vz") => format!("bytes (Arrow's {binary})"),
                span if span.starts_with("tt") || span.starts_with("tD") => "spans or times of day".to_string(),
                other => format!("of Arrow's type {other:?}"),
            };
            let message = format!("column {name} holds {what}, not numbers, texts or times; convert it or leave it out");
            return Err(Error::schema(message).with_column_name(&name));
        };
        Ok(Self { name, format, numbers: Numbers::None, codes: Vec::new(), levels: Vec::new(), index: HashMap::new() })
    }

    /// Adds the values of an array.
    ///
    /// # Errors
    /// Values that features cannot have, or an array that contradicts itself.
    pub fn add(&mut self, view: &View<'_>) -> Result<()> {
        if parse(view.schema)? != Some(self.format) {
            return Err(damaged("a column changes its type"));
        }
        match self.format {
            Format::Null => self.add_f32(view, (0..view.len).map(|_| f32::NAN)),
            Format::Bool => self.add_f32(view, view.bits()?.map(|bit| f32::from(u8::from(bit)))),
            Format::Half => self.add_f32(view, view.values::<u16>()?.map(half)),
            Format::Decimal { bytes: 8, scale } => self.add_f64(view, view.values::<i64>()?.map(|x| x as f64 / 10_f64.powi(scale))),
            Format::Decimal { scale, .. } => {
                self.add_f64(view, view.values::<[u8; 16]>()?.map(|x| i128::from_le_bytes(x) as f64 / 10_f64.powi(scale)))
            }
            Format::Date => self.add_f64(view, view.values::<i32>()?.map(f64::from)),
            Format::DateOfMilliseconds => self.add_f64(view, view.values::<i64>()?.map(|x| x.div_euclid(86_400_000) as f64)),
            Format::Timestamp(per_second) => self.add_f64(view, view.values::<i64>()?.map(|x| microseconds(x, per_second))),
            Format::Number(format) => self.add_numbers(view, format),
            Format::Text(format) => self.add_texts(view, format),
            Format::Dictionary(format) => self.add_positions(view, format),
        }
    }

    fn add_numbers(&mut self, view: &View<'_>, format: NumberFormat) -> Result<()> {
        match format {
            NumberFormat::F64 if matches!(self.numbers, Numbers::None) => match view.in_place()? {
                Some(values) => self.numbers = Numbers::F64InPlace(values),
                None => return self.add_f64(view, view.values::<f64>()?),
            },
            NumberFormat::F32 if matches!(self.numbers, Numbers::None) => match view.in_place()? {
                Some(values) => self.numbers = Numbers::F32InPlace(values),
                None => return self.add_f32(view, view.values::<f32>()?),
            },
            NumberFormat::F64 => return self.add_f64(view, view.values::<f64>()?),
            NumberFormat::F32 => return self.add_f32(view, view.values::<f32>()?),
            NumberFormat::I8 => return self.add_f32(view, view.values::<i8>()?.map(f32::from)),
            NumberFormat::U8 => return self.add_f32(view, view.values::<u8>()?.map(f32::from)),
            NumberFormat::I16 => return self.add_f32(view, view.values::<i16>()?.map(f32::from)),
            NumberFormat::U16 => return self.add_f32(view, view.values::<u16>()?.map(f32::from)),
            NumberFormat::I32 => return self.add_f64(view, view.values::<i32>()?.map(f64::from)),
            NumberFormat::U32 => return self.add_f64(view, view.values::<u32>()?.map(f64::from)),
            NumberFormat::I64 => return self.add_f64(view, self.exact::<i64>(view)?.into_iter()),
            NumberFormat::U64 => return self.add_f64(view, self.exact::<u64>(view)?.into_iter()),
        }
        Ok(())
    }

    /// Integers as doubles, where there are any; what stands in the place of those that are missing does not count.
    fn exact<T: Number<Wide = f64> + Default>(&self, view: &View<'_>) -> Result<Vec<f64>> {
        let is_valid = view.validity()?;
        let present = |(row, value)| if is_valid.as_ref().is_none_or(|is_valid| is_valid(row)) { value } else { T::default() };
        wide(&self.name, view.values::<T>()?.enumerate().map(present))
    }

    fn add_f64(&mut self, view: &View<'_>, values: impl Iterator<Item = f64>) -> Result<()> {
        let mut all = match std::mem::take(&mut self.numbers) {
            Numbers::F64(values) => values,
            Numbers::F64InPlace(values) => values.to_vec(),
            _ => Vec::with_capacity(view.len),
        };
        extend(&mut all, view, values, f64::NAN)?;
        self.numbers = Numbers::F64(all);
        Ok(())
    }

    fn add_f32(&mut self, view: &View<'_>, values: impl Iterator<Item = f32>) -> Result<()> {
        let mut all = match std::mem::take(&mut self.numbers) {
            Numbers::F32(values) => values,
            Numbers::F32InPlace(values) => values.to_vec(),
            _ => Vec::with_capacity(view.len),
        };
        extend(&mut all, view, values, f32::NAN)?;
        self.numbers = Numbers::F32(all);
        Ok(())
    }

    fn add_texts(&mut self, view: &View<'_>, format: TextFormat) -> Result<()> {
        let is_valid = view.validity()?;
        for (row, text) in texts(view, format)?.enumerate() {
            let is_present = is_valid.as_ref().is_none_or(|is_valid| is_valid(row));
            let code = if is_present { self.code(text?) } else { MISSING_CODE };
            self.codes.push(code);
        }
        Ok(())
    }

    /// The code of a level, which is new or known.
    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.index.get(text) {
            return *code;
        }
        let code = self.levels.len() as u32;
        self.levels.push(text.to_string());
        self.index.insert(text.to_string(), code);
        code
    }

    fn add_positions(&mut self, view: &View<'_>, format: NumberFormat) -> Result<()> {
        let levels = view.dictionary()?.ok_or_else(|| damaged("a dictionary is lacking"))?;
        let codes = self.codes_of(&levels)?;
        let positions: Vec<i64> = match format {
            NumberFormat::I8 => view.values::<i8>()?.map(i64::from).collect(),
            NumberFormat::U8 => view.values::<u8>()?.map(i64::from).collect(),
            NumberFormat::I16 => view.values::<i16>()?.map(i64::from).collect(),
            NumberFormat::U16 => view.values::<u16>()?.map(i64::from).collect(),
            NumberFormat::I32 => view.values::<i32>()?.map(i64::from).collect(),
            NumberFormat::U32 => view.values::<u32>()?.map(i64::from).collect(),
            NumberFormat::I64 => view.values::<i64>()?.collect(),
            NumberFormat::U64 => view.values::<u64>()?.map(|at| i64::try_from(at).unwrap_or(-1)).collect(),
            NumberFormat::F32 | NumberFormat::F64 => return Err(damaged("positions that are no whole numbers")),
        };
        let is_valid = view.validity()?;
        for (row, position) in positions.into_iter().enumerate() {
            if is_valid.as_ref().is_some_and(|is_valid| !is_valid(row)) {
                self.codes.push(MISSING_CODE);
                continue;
            }
            let code = usize::try_from(position).ok().and_then(|position| codes.get(position));
            self.codes.push(*code.ok_or_else(|| damaged("a position lies outside its dictionary"))?);
        }
        Ok(())
    }

    /// The codes of a dictionary's values.
    fn codes_of(&mut self, levels: &View<'_>) -> Result<Vec<u32>> {
        let format = parse(levels.schema)?;
        let is_valid = levels.validity()?;
        let found: Vec<String> = match format {
            Some(Format::Text(format)) => texts(levels, format)?.map(|text| text.map(str::to_string)).collect::<Result<_>>()?,
            Some(Format::Number(_)) => {
                let mut numbers = Self::new(self.name.clone(), levels.schema)?;
                numbers.add(levels)?;
                let values = numbers.finish()?.values;
                let chunk = values.numbers(0..values.len()).ok_or_else(|| damaged("a dictionary of no values"))?;
                (0..chunk.len()).map(|row| text(chunk.get(row))).collect()
            }
            _ => return Err(damaged("a dictionary of another type")),
        };
        let code = |(row, text): (usize, String)| match is_valid.as_ref().is_none_or(|is_valid| is_valid(row)) {
            true => self.code(&text),
            false => MISSING_CODE,
        };
        Ok(found.into_iter().enumerate().map(code).collect())
    }

    /// The column.
    ///
    /// # Errors
    /// None that is not found before.
    pub fn finish(self) -> Result<Column> {
        let kind = match self.format {
            Format::Bool => FeatureKind::Boolean,
            Format::Date | Format::DateOfMilliseconds => FeatureKind::Date,
            Format::Timestamp(_) => FeatureKind::Datetime,
            Format::Text(_) | Format::Dictionary(_) => {
                let are_numbers = self.format != Format::Text(TextFormat::Small)
                    && matches!(self.format, Format::Dictionary(_))
                    && self.levels.iter().all(|level| level.parse::<f64>().is_ok());
                return Ok(Column::of_levels(self.name, self.codes, self.levels, are_numbers));
            }
            _ => FeatureKind::Numeric,
        };
        let values = match self.numbers {
            Numbers::None => Values::F64(Buffer::Owned(Vec::new())),
            Numbers::F64(values) => Values::F64(Buffer::Owned(values)),
            Numbers::F32(values) => Values::F32(Buffer::Owned(values)),
            Numbers::F64InPlace(values) => Values::F64(Buffer::Foreign(values)),
            Numbers::F32InPlace(values) => Values::F32(Buffer::Foreign(values)),
        };
        Ok(Column::new(self.name, kind, values))
    }
}

/// The texts of an array.
fn texts<'v, 'a: 'v>(view: &'v View<'a>, format: TextFormat) -> Result<Box<dyn Iterator<Item = Result<&'a str>> + 'v>> {
    Ok(match format {
        TextFormat::Small => Box::new(view.texts::<i32>()?),
        TextFormat::Large => Box::new(view.texts::<i64>()?),
        TextFormat::View => Box::new(view.text_views()?),
    })
}

fn extend<T: Wide>(all: &mut Vec<T>, view: &View<'_>, values: impl Iterator<Item = T>, missing: T) -> Result<()> {
    match view.validity()? {
        None => all.extend(values),
        Some(is_valid) => all.extend(values.enumerate().map(|(row, value)| if is_valid(row) { value } else { missing })),
    }
    Ok(())
}

fn microseconds(time: i64, per_second: i64) -> f64 {
    const MICROSECONDS: i64 = 1_000_000;
    match per_second > MICROSECONDS {
        true => time.div_euclid(per_second / MICROSECONDS) as f64,
        false => (i128::from(time) * i128::from(MICROSECONDS / per_second)) as f64,
    }
}

/// A number of half precision.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
    }
}
