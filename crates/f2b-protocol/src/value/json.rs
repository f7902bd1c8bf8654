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

pub(super) fn to_value(json: Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Str(text),
        Json::Array(items) => Value::List(items.into_iter().map(to_value).collect()),
        Json::Object(members) => Value::Dict(
            members
                .into_iter()
                .map(|(name, json)| (Value::Str(name), to_value(json)))
                .collect(),
        ),
    }
}
