//! Names of entities: as catalogues write them, and as people do.

/// The namespace of what names none.
pub const DEFAULT: &str = "default";

/// A reference to an entity, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub kind: Option<String>,
    pub namespace: String,
    pub name: String,
}

impl Reference {
    /// `[kind:][namespace/]name`; what is left out is the namespace of the entity it stands in.
    pub fn parse(text: &str, namespace: &str) -> Self {
        let text = text.trim().to_lowercase();
        let (kind, rest) = text.split_once(':').map_or((None, text.as_str()), |(kind, rest)| (Some(kind), rest));
        let (namespace, name) = rest.split_once('/').unwrap_or((namespace, rest));
        Self { kind: kind.map(ToOwned::to_owned), namespace: namespace.to_owned(), name: name.to_owned() }
    }

    pub fn id(&self, kind: &str) -> String {
        format!("{kind}:{}/{}", self.namespace, self.name)
    }
}

/// A reference to an entity of one kind as people write it: `name`, outside the default namespace
/// `namespace/name`. References to other kinds are as they are.
pub fn stripped(kind: &str, text: &str, namespace: &str) -> String {
    let rest = match text.split_once(':') {
        Some((of, rest)) if of.eq_ignore_ascii_case(kind) => rest,
        Some(_) => return text.to_owned(),
        None => text,
    };
    match rest.split_once('/') {
        _ if rest.is_empty() => text.to_owned(),
        Some((there, name)) if there.eq_ignore_ascii_case(DEFAULT) && !name.is_empty() => name.to_owned(),
        None if namespace != DEFAULT => format!("{namespace}/{rest}"),
        _ => rest.to_owned(),
    }
}

/// The reverse of [`stripped`].
pub fn dressed(kind: &str, text: &str, namespace: &str) -> String {
    let plain = stripped(kind, text, namespace) == text;
    if plain { text.to_owned() } else { format!("{kind}:{DEFAULT}/{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_a_reference_again() {
        for (text, namespace, said) in [
            ("team-a", "default", "team-a"),
            ("Group:Default/Team-A", "default", "Team-A"),
            ("group:team-a", "default", "team-a"),
            ("team-a", "other", "other/team-a"),
            ("default/team-a", "other", "team-a"),
            ("group:x/team-a", "default", "x/team-a"),
            ("user:jane", "other", "user:jane"),
            ("group:", "default", "group:"),
        ] {
            assert_eq!(stripped("group", text, namespace), said, "{text} in {namespace}");
        }
        for text in ["team-a", "x/team-a", "user:jane", "group:x", "default/x", "group:", "a/b/c"] {
            for namespace in ["default", "other", "x"] {
                let written = dressed("group", text, namespace);
                assert_eq!(stripped("group", &written, namespace), text, "{written} in {namespace}");
            }
        }
    }
}
