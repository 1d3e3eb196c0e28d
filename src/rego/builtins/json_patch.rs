//! `json.patch`: operations of RFC 6902, also in sets and by paths with keys of any kind.

use regorus::Value;

use super::{Answer, Builtin, Error, array, builtin, failed, get, json, operand, type_name};

pub(super) const BUILTINS: &[Builtin] = &[builtin(NAME, 2, patch)];

const NAME: &str = "json.patch";

enum Edit {
    Insert(Value),
    Remove,
}

fn patch(arguments: &[Value]) -> Answer {
    let mut document = operand(arguments, 1).clone();
    for operation in array(NAME, arguments, 2)? {
        if !matches!(operation, Value::Object(_)) {
            return failed(
                NAME,
                "must be an array of JSON-Patch objects, but at least one element is not an object",
            );
        }
        let attribute = |name: &str| match get(operation, &Value::from(name)) {
            Some(value) => Ok(value),
            None => failed(NAME, format!("missing required attribute '{name}'")),
        };
        attribute("path")?;
        let Value::String(op) = attribute("op")? else {
            let found = type_name(attribute("op")?);
            return failed(NAME, format!("attribute 'op' must be a string but found: {found}"));
        };
        let path = json::path(NAME, attribute("path")?)?;
        document = match &**op {
            "add" => edited(document, &path, Edit::Insert(attribute("value")?.clone()))?,
            "remove" => edited(document, &path, Edit::Remove)?,
            "replace" => {
                let rest = edited(document, &path, Edit::Remove)?;
                edited(rest, &path, Edit::Insert(attribute("value")?.clone()))?
            }
            "move" => {
                let from = json::path(NAME, attribute("from")?)?;
                let moved = found(&document, &from)?;
                let rest = edited(document, &from, Edit::Remove)?;
                edited(rest, &path, Edit::Insert(moved))?
            }
            "copy" => {
                let copied = found(&document, &json::path(NAME, attribute("from")?)?)?;
                edited(document, &path, Edit::Insert(copied))?
            }
            "test" => {
                if found(&document, &path)? != *attribute("value")? {
                    return failed(NAME, "test failed: the value is another one");
                }
                document
            }
            other => return failed(NAME, format!("unrecognized op: '{other}'")),
        };
    }
    Ok(document)
}

fn missing<T>(key: &Value) -> Result<T, Error> {
    failed(NAME, format!("path {key} does not exist"))
}

/// An array index: a number, or its decimal text; `-` is the end.
fn index(key: &Value, length: usize) -> Option<usize> {
    match key {
        Value::Number(n) => usize::try_from(n.as_u64()?).ok(),
        Value::String(text) if &**text == "-" => Some(length),
        Value::String(text) => {
            let plain =
                &**text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
            text.parse().ok().filter(|_| plain)
        }
        _ => None,
    }
}

fn found(document: &Value, path: &[Value]) -> Answer {
    let mut at = document;
    for key in path {
        let next = match at {
            Value::Array(array) => index(key, array.len()).and_then(|i| array.get(i)),
            other => get(other, key),
        };
        match next {
            Some(next) => at = next,
            None => return missing(key),
        }
    }
    match at {
        Value::Undefined => failed(NAME, "the document was removed"),
        found => Ok(found.clone()),
    }
}

fn edited(document: Value, path: &[Value], edit: Edit) -> Answer {
    let Some((key, rest)) = path.split_first() else {
        return Ok(match edit {
            Edit::Insert(value) => value,
            Edit::Remove => Value::Undefined,
        });
    };
    match &document {
        Value::Array(array) => {
            let mut all = array.to_vec();
            let Some(at) = index(key, all.len()) else { return missing(key) };
            match (rest.is_empty(), edit) {
                (true, Edit::Insert(value)) if at <= all.len() => all.insert(at, value),
                (true, Edit::Remove) if at < all.len() => drop(all.remove(at)),
                (false, edit) => {
                    let Some(slot) = all.get_mut(at) else { return missing(key) };
                    *slot = edited(slot.clone(), rest, edit)?;
                }
                _ => return missing(key),
            }
            Ok(Value::from(all))
        }
        Value::Object(_) => {
            let mut all: std::collections::BTreeMap<Value, Value> =
                super::pairs(&document).into_iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            let new = match (rest.is_empty(), edit, all.remove(key)) {
                (true, Edit::Insert(value), _) => Some(value),
                (true, Edit::Remove, Some(_)) => None,
                (false, edit, Some(inner)) => Some(edited(inner, rest, edit)?),
                (_, _, None) => return missing(key),
            };
            all.extend(new.map(|value| (key.clone(), value)));
            Ok(Value::from(all))
        }
        Value::Set(set) => {
            let mut all: std::collections::BTreeSet<Value> = set.iter().cloned().collect();
            match (rest.is_empty(), edit, all.take(key)) {
                (true, Edit::Insert(value), _) if value == *key => drop(all.insert(value)),
                (true, Edit::Insert(_), _) => return failed(NAME, "a set's key must equal the value"),
                (true, Edit::Remove, Some(_)) => {}
                (false, edit, Some(inner)) => drop(all.insert(edited(inner, rest, edit)?)),
                (_, _, None) => return missing(key),
            }
            Ok(Value::from(all))
        }
        _ => missing(key),
    }
}
