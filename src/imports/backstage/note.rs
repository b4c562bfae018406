//! What there is to say about a document.

/// Something to say about a place in a document: a fault when it has a code, else a warning.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    pub path: Vec<&'static str>,
    pub code: Option<&'static str>,
    pub detail: String,
}

impl Note {
    pub fn fault(path: &[&'static str], code: &'static str, detail: impl Into<String>) -> Self {
        Self { path: path.to_vec(), code: Some(code), detail: detail.into() }
    }

    pub fn warning(path: &[&'static str], detail: impl Into<String>) -> Self {
        Self { path: path.to_vec(), code: None, detail: detail.into() }
    }

    /// The place as users write it.
    pub fn column(&self) -> String {
        match self.path.as_slice() {
            ["metadata", "annotations", name] => (*name).to_owned(),
            path => path.join("."),
        }
    }
}
