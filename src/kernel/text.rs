//! Types that are one word of text everywhere: in JSON, in a path, in a column, in the schema.

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::str::FromStr;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema::ArrayBuilder},
};

/// What a name is compared by: in Unicode's composed form (NFC), so that two spellings of it which look alike are one.
pub fn nfc(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(name).into_owned()
}

/// What a row is called whose person was erased: told apart by the end of its id, and by nothing else.
pub fn nobody(what: &str, id: &str) -> String {
    let end = id.len().saturating_sub(8);
    format!("{what} {}", id.get(end..).unwrap_or(id))
}

/// The immutable name of a product, component or SLO: words of `a-z0-9` joined by hyphens, at most
/// 63 characters, and not shaped like an id.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Key(String);

impl Key {
    /// The key that a name makes, if it makes one.
    pub fn slug(name: &str) -> Option<Self> {
        let slug: String = slug::slugify(name).chars().take(63).collect();
        slug.trim_matches('-').parse().ok()
    }

    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        match text.len() <= 63 && text.split('-').all(word) && uuid::Uuid::try_parse(text).is_err() {
            true => Ok(Self(text.to_owned())),
            false => Err("a key is words of a-z and 0-9 joined by hyphens, at most 63 characters, no UUID".to_owned()),
        }
    }
}

crate::text_column!(Key);

impl PartialSchema for Key {
    fn schema() -> RefOr<Schema> {
        use utoipa::openapi::{ObjectBuilder, schema::Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
            .max_length(Some(63))
            .examples([serde_json::json!("order-database")])
            .description(Some("A name that never changes; not shaped like a UUID."))
            .into()
    }
}

impl ToSchema for Key {
    fn name() -> std::borrow::Cow<'static, str> {
        "Key".into()
    }
}

/// Words without blanks, in a column as they are in CSV: separated by a blank.
#[derive(Debug, Clone, Default, PartialEq, Eq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Words(String);

impl Words {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }

    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl<S: AsRef<str>> FromIterator<S> for Words {
    fn from_iter<I: IntoIterator<Item = S>>(words: I) -> Self {
        Self(words.into_iter().map(|word| word.as_ref().to_owned()).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Words {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

crate::text_to_sql!(Words);

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<String>::deserialize(deserializer).map(Self::from_iter)
    }
}

impl PartialSchema for Words {
    fn schema() -> RefOr<Schema> {
        use utoipa::openapi::{ObjectBuilder, schema::Type};
        let word = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[^\s]{1,63}$"));
        ArrayBuilder::new().items(word).max_items(Some(100)).unique_items(true).into()
    }
}

impl ToSchema for Words {
    fn name() -> std::borrow::Cow<'static, str> {
        "Words".into()
    }
}

/// A value kept as JSON in a column of text.
#[derive(Debug, Clone, PartialEq, Eq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct JsonText<T> {
    value: T,
    text: String,
}

impl<T: Serialize> JsonText<T> {
    pub fn new(value: T) -> Self {
        let text = serde_json::to_string(&value).unwrap_or_default();
        Self { value, text }
    }
}

impl<T> JsonText<T> {
    pub fn value(&self) -> &T {
        &self.value
    }

    pub fn as_text(&self) -> &str {
        &self.text
    }
}

impl<T: DeserializeOwned> FromStr for JsonText<T> {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self { value: serde_json::from_str(text)?, text: text.to_owned() })
    }
}

crate::text_to_sql!(JsonText<T>, T: DeserializeOwned + std::fmt::Debug);

impl<T: Serialize> Serialize for JsonText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de, T: Serialize + Deserialize<'de>> Deserialize<'de> for JsonText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// Gives a type that has `FromStr` and `as_text` its `Display`, serde, diesel and OpenAPI forms, so that the
/// pattern in the published schema and the parser stand side by side.
#[macro_export]
macro_rules! text_type {
    ($type:ty, $name:literal, $pattern:expr, $example:expr, $description:expr) => {
        $crate::text_column!($type);

        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::kernel::http::text_schema($pattern, $example, $description)
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }
    };
}

/// An enum of words: the variants, their one spelling everywhere, and the closed list for schema,
/// filters and CSV.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $type:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $type { $($(#[$vmeta])* $variant,)+ }

        impl $type {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            pub fn as_text(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!("'{other}' is not one of {}", Self::WORDS.join(", "))),
                }
            }
        }

        $crate::text_column!($type);

        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(Self::WORDS.iter().copied()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
        }
    };
}

/// `Display`, serde and diesel for a type with `FromStr` and `as_text`: text on every side. The text
/// is borrowed from the value, because diesel binds what it can borrow.
#[macro_export]
macro_rules! text_column {
    ($type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.as_text())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_text())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }

        $crate::text_to_sql!($type);
    };
}

/// Diesel for a type with `FromStr` and `as_text`.
#[macro_export]
macro_rules! text_to_sql {
    ($type:ty $(, $param:ident : $bound:ident $(+ $more:path)*)?) => {
        impl<DB $(, $param)?> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $type
        where
            Self: std::fmt::Debug,
            DB: diesel::backend::Backend,
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql(self.as_text(), out)
            }
        }

        impl<DB $(, $param: $bound $(+ $more)*)?> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $type
        where
            DB: diesel::backend::Backend,
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                Ok(text.parse::<Self>()?)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::nfc;

    #[test]
    fn names_that_look_alike_are_compared_alike() {
        assert_eq!(nfc("Zoe\u{308}"), nfc("Zo\u{eb}"));
        assert_ne!(nfc("Zoe"), nfc("Zo\u{eb}"));
        assert_ne!(nfc("zo\u{eb}"), nfc("Zo\u{eb}"));
    }
}
