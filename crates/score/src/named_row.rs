//! A row whose values are given by the names of their features.

use crate::{Error, FeatureKind, Scorer, write_number};

/// A value of a feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RowValue<'a> {
    /// There is none.
    Missing,
    /// A number; of a categorical feature the level that is written so.
    Number(f64),
    /// A level of a categorical feature, or `true` or `false`.
    Text(&'a str),
}

impl From<f64> for RowValue<'_> {
    fn from(number: f64) -> Self {
        if number.is_nan() { Self::Missing } else { Self::Number(number) }
    }
}

impl From<bool> for RowValue<'_> {
    fn from(truth: bool) -> Self {
        Self::Number(f64::from(u8::from(truth)))
    }
}

impl<'a> From<&'a str> for RowValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a, T: Into<RowValue<'a>>> From<Option<T>> for RowValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

impl Scorer {
    /// A row for [`Scorer::margins_into`] or [`Scorer::predict`] from values by name, in any order; every feature once.
    ///
    /// ```
    /// use sapwood_score::ndarray::ArrayView2;
    /// # use sapwood_score::{Error, Feature, FeatureKind, FeatureSchema, Model, Objective, Scorer, Tree};
    /// # let levels = ["blue", "red"].map(String::from).into();
    /// # let mut schema = FeatureSchema::numeric(2);
    /// # schema.features[0].name = "age".into();
    /// # schema.features[1] = Feature { name: "colour".into(), kind: FeatureKind::Categorical { levels } };
    /// # let model = Model::new(schema, Objective::SquaredError, vec![0.5], vec![Tree::leaf(1.0, 10.0)]);
    /// let scorer = Scorer::new(model)?;
    /// let row = scorer.row(&[("colour", "red".into()), ("age", 39.0.into())])?;
    /// assert_eq!(row, [39.0, 1.0]);
    /// assert_eq!(scorer.predict(ArrayView2::from(&[[row[0], row[1]]]))?[[0, 0]], 1.5);
    /// assert!(scorer.row(&[("colour", "rde".into()), ("age", None::<f64>.into())]).is_err());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Schema`] for a name that is unknown, missing or given twice, a level that training did not see, or text where a number
    /// belongs. A level that may be new is given as [`RowValue::Missing`], which is how training would have it.
    pub fn row(&self, values: &[(&str, RowValue<'_>)]) -> Result<Vec<f64>, Error> {
        let schema = &self.model().schema;
        let mut row = vec![None; schema.len()];
        for (guess, &(name, value)) in values.iter().enumerate() {
            let is_guess = schema.features.get(guess).is_some_and(|feature| feature.name == name);
            let found = if is_guess { Some(guess) } else { schema.position(name) };
            let position = found.ok_or_else(|| Error::Schema(format!("the model has no feature {name:?}; leave it out")))?;
            if row[position].replace(self.value(position, value)?).is_some() {
                return Err(Error::Schema(format!("feature {name:?} is given twice; give it once")));
            }
        }
        let named = row.into_iter().zip(&schema.features);
        let absent = |name: &str| Error::Schema(format!("feature {name:?} is not given; give Missing where it has no value"));
        named.map(|(value, feature)| value.ok_or_else(|| absent(&feature.name))).collect()
    }

    /// What stands in a row for a value of feature number `position`.
    fn value(&self, position: usize, value: RowValue<'_>) -> Result<f64, Error> {
        let feature = &self.model().schema.features[position];
        match (value, &feature.kind) {
            (RowValue::Missing, _) => Ok(f64::NAN),
            (RowValue::Number(number), FeatureKind::Categorical { .. }) => {
                let mut text = String::new();
                write_number(number, &mut text);
                self.code(position, &text)
            }
            (RowValue::Number(number), _) => Ok(number),
            (RowValue::Text(text), FeatureKind::Categorical { .. }) => self.code(position, text),
            (RowValue::Text(text), FeatureKind::Boolean) if text.eq_ignore_ascii_case("true") => Ok(1.0),
            (RowValue::Text(text), FeatureKind::Boolean) if text.eq_ignore_ascii_case("false") => Ok(0.0),
            (RowValue::Text(text), kind) => {
                Err(Error::Schema(format!("feature {:?} is {}, {text:?} is not; give a number", feature.name, kind.word())))
            }
        }
    }
}
