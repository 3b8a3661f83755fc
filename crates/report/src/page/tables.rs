//! Tables, which scroll by themselves where they are wider than the page.

use maud::{Markup, html};

/// A table of texts.
pub fn table<S: AsRef<str>>(header: &[S], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    html! {
        div.wide tabindex="0" {
            table {
                thead { tr { @for name in header { th scope="col" { (name.as_ref()) } } } }
                tbody { @for cells in rows { tr { @for cell in cells { td { (cell) } } } } }
            }
        }
    }
}

/// A table of sentences and words, which are broken where the page is narrow.
pub fn words<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Markup {
    html! {
        div.wide tabindex="0" {
            table {
                thead { tr { @for name in header { th.text scope="col" { (name) } } } }
                tbody { @for cells in rows { tr { @for cell in cells { td.text { (cell) } } } } }
            }
        }
    }
}

/// A cell.
pub fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// Names with values.
pub fn pairs(rows: &[(String, String)]) -> Markup {
    html! {
        div.wide tabindex="0" {
            table { tbody { @for (name, value) in rows { tr { td { (name) } td.text { (value) } } } } }
        }
    }
}
