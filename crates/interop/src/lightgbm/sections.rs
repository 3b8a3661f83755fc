//! The parts of a LightGBM file: the header, the trees, and what follows them.

use std::collections::HashMap;

/// Lines `key=value` between which nothing else stands.
pub struct Section<'a> {
    /// The line that it begins in, counted from 1.
    pub line: usize,
    values: HashMap<&'a str, &'a str>,
}

impl<'a> Section<'a> {
    fn at(line: usize) -> Self {
        Self { line, values: HashMap::new() }
    }

    fn add(&mut self, line: &'a str) {
        // Of words that stand alone (`average_output`), the value is empty.
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        self.values.insert(key, value);
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.values.get(key).copied()
    }

    /// A number.
    ///
    /// # Errors
    /// It is missing or none.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T, String> {
        let text = self.get(key).ok_or_else(|| format!("{key} is missing"))?;
        text.trim().parse().map_err(|_| format!("{key} is {text:?}"))
    }

    /// A list of numbers, empty where there is none.
    ///
    /// # Errors
    /// Something else in it.
    pub fn numbers<T: std::str::FromStr>(&self, key: &str) -> Result<Vec<T>, String> {
        let texts = self.get(key).unwrap_or_default().split_ascii_whitespace();
        texts.map(|text| text.parse().map_err(|_| format!("{key} has {text:?}"))).collect()
    }

    /// A list of so many numbers.
    ///
    /// # Errors
    /// Another number of them.
    pub fn exactly<T: std::str::FromStr>(&self, key: &str, count: usize) -> Result<Vec<T>, String> {
        let numbers = self.numbers(key)?;
        match numbers.len() == count {
            true => Ok(numbers),
            false => Err(format!("{key} has {} numbers in place of {count}", numbers.len())),
        }
    }
}

/// A file in its parts.
pub struct Sections<'a> {
    pub header: Section<'a>,
    pub trees: Vec<Section<'a>>,
    /// The parameters of the training that the file keeps: lines `[name: value]`.
    pub params: HashMap<&'a str, &'a str>,
    /// What follows `pandas_categorical:` in the last line.
    pub pandas_categorical: Option<&'a str>,
}

impl<'a> Sections<'a> {
    /// Takes a file apart.
    ///
    /// # Errors
    /// It breaks off among the trees.
    pub fn of(text: &'a str) -> Result<Self, (usize, String)> {
        let mut lines = (1..).zip(text.lines()).skip(1).map(|(number, line)| (number, line.trim_end_matches('\r')));
        let (mut header, mut trees, mut is_whole) = (Section::at(1), Vec::<Section<'_>>::new(), false);
        for (number, line) in lines.by_ref() {
            match line {
                // Until 2.2 nothing else ends the trees.
                "end of trees" | "feature importances:" | "feature_importances:" => {
                    is_whole = true;
                    break;
                }
                "" => {}
                _ if line.starts_with("Tree=") => trees.push(Section::at(number)),
                _ => trees.last_mut().unwrap_or(&mut header).add(line),
            }
        }
        if !is_whole {
            return Err((text.lines().count(), "the file breaks off: the line \"end of trees\" is missing".into()));
        }
        let (mut params, mut pandas_categorical) = (HashMap::new(), None);
        for (_, line) in lines {
            if let Some(categories) = line.strip_prefix("pandas_categorical:") {
                pandas_categorical = Some(categories);
            } else if let Some((name, value)) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')?.split_once(": ")) {
                params.insert(name, value);
            }
        }
        Ok(Self { header, trees, params, pandas_categorical })
    }
}
