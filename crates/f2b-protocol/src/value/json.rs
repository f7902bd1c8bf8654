//! A value as JSON.

use serde_json::{Map, Number, Value as Json};

use super::Value;

pub(super) fn from_value(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::Number(Number::from(*number)),
        Value::Float(number) => {
            Number::from_f64(*number).map_or_else(|| Json::String(value.repr()), Json::Number)
        }
        Value::Str(_) | Value::Surrogates(_) => Json::String(value.str()),
        Value::BigInt(_) | Value::Bytes(_) => Json::String(value.repr()),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            Json::Array(items.iter().map(from_value).collect())
        }
        Value::Dict(pairs) => Json::Object(
            pairs
                .iter()
                .map(|(key, value)| (key.str(), from_value(value)))
                .collect::<Map<_, _>>(),
        ),
    }
}
