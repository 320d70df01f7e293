//! Values of the domain as automerge scalars, and back. Reading is tolerant: what is no value reads as nothing.

use automerge::{ReadDoc, ScalarValue};

use crate::domain::Value;

/// The scalar under which a value is kept.
pub(super) fn of(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Text(text) => ScalarValue::Str(text.as_str().into()),
        Value::Bool(value) => ScalarValue::Boolean(*value),
        Value::Int(value) => ScalarValue::Int(*value),
        Value::Real(value) => ScalarValue::F64(*value),
        Value::Moment(ms) => ScalarValue::Timestamp(*ms),
    }
}

/// The value that stands in a document. A text object reads as its text; maps, lists and bytes as nothing.
pub(super) fn read<R: ReadDoc>(
    doc: &R,
    value: &automerge::Value<'_>,
    id: &automerge::ObjId,
) -> Option<Value> {
    match value {
        automerge::Value::Scalar(scalar) => scalar_value(scalar),
        automerge::Value::Object(automerge::ObjType::Text) => doc.text(id).ok().map(Value::Text),
        automerge::Value::Object(_) => None,
    }
}

/// A scalar as a value.
pub(super) fn scalar_value(scalar: &ScalarValue) -> Option<Value> {
    Some(match scalar {
        ScalarValue::Null => Value::Null,
        ScalarValue::Str(text) => Value::Text(text.to_string()),
        ScalarValue::Boolean(value) => Value::Bool(*value),
        ScalarValue::Int(value) => Value::Int(*value),
        ScalarValue::Uint(value) => Value::Int(i64::try_from(*value).ok()?),
        ScalarValue::F64(value) => Value::Real(*value),
        ScalarValue::Timestamp(ms) => Value::Moment(*ms),
        ScalarValue::Counter(counter) => Value::Int(i64::from(counter)),
        ScalarValue::Bytes(_) | ScalarValue::Unknown { .. } => return None,
    })
}
