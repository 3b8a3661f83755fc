//! Remarks about a training run: printed at once, and kept for the summary.

/// Everything that deserves the user's attention, each thing once.
#[derive(Debug, Default)]
pub struct Log {
    remarks: Vec<String>,
}

impl Log {
    /// Something is likely wrong.
    pub fn warning(&mut self, text: &str) {
        self.add("warning", text);
    }

    /// Something was decided or left out that the user may not expect.
    pub fn note(&mut self, text: &str) {
        self.add("note", text);
    }

    /// The texts so far, in order.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    fn add(&mut self, word: &str, text: &str) {
        if !self.remarks.iter().any(|known| known == text) {
            eprintln!("{word}: {text}");
            self.remarks.push(text.to_string());
        }
    }
}
