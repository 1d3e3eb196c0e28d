//! `json.verify_schema` and `json.match_schema`, with the words of the Go library that OPA uses.
//!
//! Nothing is fetched: a reference to another document is an error. Patterns match in linear time.

use std::collections::HashMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use regorus::Value;
use serde_json::Value as Json;

use super::operand::{Fallible, failed, record};
use super::{Answer, Builtin};

/// The functions of this topic.
pub(super) const BUILTINS: &[Builtin] = &[
    Builtin { name: "json.verify_schema", arity: 1, call: verify_schema },
    Builtin { name: "json.match_schema", arity: 2, call: match_schema },
];

const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

fn verify_schema(args: &[Value]) -> Answer {
    let compiled = document(args.first()).and_then(|schema| compile(&schema));
    let (valid, message) = match compiled {
        Ok(_) => (true, Value::Null),
        Err(message) => (false, Value::from(format!("jsonschema: {message}"))),
    };
    Ok(Value::from(vec![Value::from(valid), message]))
}

fn match_schema(args: &[Value]) -> Answer {
    let matched = || -> Fallible<Vec<Value>> {
        let document = document(args.first())?;
        let schema = self::document(args.get(1))?;
        let validator = compile(&schema)?;
        let mut mismatches = Vec::new();
        for error in validator.iter_errors(&document) {
            explain(&error, &schema, &mut mismatches)?;
        }
        Ok(mismatches)
    };
    let mismatches = matched().map_err(|message| failed("json.match_schema", message))?;
    Ok(Value::from(vec![Value::from(mismatches.is_empty()), Value::from(mismatches)]))
}

/// A document, given as it is or as JSON in a string.
fn document(value: Option<&Value>) -> Fallible<Json> {
    let text = match value {
        Some(Value::String(text)) => text.to_string(),
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            value.to_json_str().map_err(|error| error.to_string())?
        }
        _ => return Err("wrong type, expected string or object".to_owned()),
    };
    serde_json::from_str(&text).map_err(|_| "invalid JSON string".to_owned())
}

fn compile(schema: &Json) -> Fallible<Validator> {
    if !matches!(schema, Json::Object(_) | Json::Bool(_)) {
        return Err("schema is invalid: it must be an object or a boolean".to_owned());
    }
    let mut schema = schema.clone();
    let named = schema.get("$schema").and_then(Json::as_str).unwrap_or_default();
    let draft = match named {
        _ if named.contains("draft-04") => Draft::Draft4,
        _ if named.contains("draft-06") => Draft::Draft6,
        _ => Draft::Draft7,
    };
    if named.is_empty() {
        number_bounds(&mut schema, false)?;
    }
    jsonschema::options()
        .with_draft(draft)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&schema)
        .map_err(|error| invalid_schema(&error))
}

/// Boolean bounds, of a draft that need not be named, as those of the later ones. The values of a map of schemas are
/// schemas, whatever their names.
fn number_bounds(schema: &mut Json, is_map: bool) -> Fallible<()> {
    match schema {
        Json::Array(schemas) => {
            for schema in schemas {
                number_bounds(schema, false)?;
            }
        }
        Json::Object(fields) if is_map => {
            for (_, schema) in fields {
                number_bounds(schema, false)?;
            }
        }
        Json::Object(fields) => {
            for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
                let Some(&Json::Bool(is_exclusive)) = fields.get(exclusive) else { continue };
                if !fields.contains_key(bound) {
                    return Err(format!("{exclusive} cannot be used without {bound}"));
                }
                fields.remove(exclusive);
                if is_exclusive {
                    let limit = fields.remove(bound).unwrap_or_default();
                    fields.insert(exclusive.to_owned(), limit);
                }
            }
            for (name, schema) in fields {
                match name.as_str() {
                    "const" | "enum" | "default" | "examples" => {}
                    "properties" | "patternProperties" | "definitions" | "dependencies" => {
                        number_bounds(schema, true)?;
                    }
                    _ => number_bounds(schema, false)?,
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// What is wrong with a schema.
fn invalid_schema(error: &ValidationError<'_>) -> String {
    let path = error.instance_path().as_str();
    let names = match &**error.instance() {
        Json::String(name) => vec![name.as_str()],
        Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let unknown = names.iter().find(|name| !TYPES.contains(name));
    match unknown {
        Some(name) if path.rsplit('/').take(2).any(|part| part == "type") => format!(
            "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{}]",
            TYPES.join(" ")
        ),
        _ if path.is_empty() => error.to_string(),
        _ => format!("{path}: {error}"),
    }
}

/// Puts a mismatch in words.
fn explain(error: &ValidationError<'_>, schema: &Json, mismatches: &mut Vec<Value>) -> Fallible<()> {
    let path = error.instance_path().as_str();
    let instance = &**error.instance();
    let field = match path.strip_prefix('/') {
        Some(path) => path.replace('/', ".").replace("~1", "/").replace("~0", "~"),
        None => "(Root)".to_owned(),
    };
    let mut add = |kind: &str, description: String| {
        mismatches.push(record([
            ("type", Value::from(kind)),
            ("field", Value::from(field.clone())),
            ("error", Value::from(format!("{field}: {description}"))),
            ("desc", Value::from(description)),
        ]));
    };
    match error.kind() {
        ValidationErrorKind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(some) => {
                    // In the schema's order, where it can be found.
                    let named = schema.pointer(error.schema_path().as_str());
                    let named = named
                        .and_then(Json::as_array)
                        .map(|names| names.iter().filter_map(Json::as_str).map(str::to_owned).collect());
                    let names: Vec<String> =
                        named.unwrap_or_else(|| some.iter().map(|one| one.to_string()).collect());
                    format!("[{}]", names.join(","))
                }
            };
            let given = type_of(instance);
            add("invalid_type", format!("Invalid type. Expected: {expected}, given: {given}"));
        }
        ValidationErrorKind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            if error.schema_path().as_str().contains("/dependencies") {
                add("missing_dependency", format!("Has a dependency on {property}"));
            } else {
                add("required", format!("{property} is required"));
            }
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for property in unexpected {
                let description = format!("Additional property {property} is not allowed");
                add("additional_property_not_allowed", description);
            }
        }
        ValidationErrorKind::AdditionalItems { .. } => {
            add("array_no_additional_items", "No additional items allowed on array".to_owned())
        }
        ValidationErrorKind::AnyOf { context } => {
            add("number_any_of", "Must validate at least one schema (anyOf)".to_owned());
            closest(context, schema, mismatches)?;
        }
        ValidationErrorKind::OneOfNotValid { context } => {
            add("number_one_of", "Must validate one and only one schema (oneOf)".to_owned());
            closest(context, schema, mismatches)?;
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            add("number_one_of", "Must validate one and only one schema (oneOf)".to_owned());
        }
        ValidationErrorKind::Not { .. } => {
            add("number_not", "Must not validate the schema (not)".to_owned());
        }
        ValidationErrorKind::FalseSchema => {
            add("false", "False always fails validation".to_owned());
        }
        ValidationErrorKind::Constant { expected_value } => {
            add("const", format!("{field} does not match: {expected_value}"));
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> =
                options.as_array().into_iter().flatten().map(Json::to_string).collect();
            let options = options.join(", ");
            add("enum", format!("{field} must be one of the following: {options}"));
        }
        ValidationErrorKind::MinItems { limit } => {
            add("array_min_items", format!("Array must have at least {limit} items"));
        }
        ValidationErrorKind::MaxItems { limit } => {
            add("array_max_items", format!("Array must have at most {limit} items"));
        }
        ValidationErrorKind::UniqueItems => {
            for (first, second) in repeated(instance) {
                add("unique", format!("array items[{first},{second}] must be unique"));
            }
        }
        ValidationErrorKind::Contains => {
            add("contains", "At least one of the items must match".to_owned());
        }
        ValidationErrorKind::MinProperties { limit } => {
            add("array_min_properties", format!("Must have at least {limit} properties"));
        }
        ValidationErrorKind::MaxProperties { limit } => {
            add("array_max_properties", format!("Must have at most {limit} properties"));
        }
        ValidationErrorKind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default();
            let description = format!("Property name of \"{name}\" does not match");
            add("invalid_property_name", description);
            explain(error, schema, mismatches)?;
        }
        ValidationErrorKind::MinLength { limit } => {
            let description = format!("String length must be greater than or equal to {limit}");
            add("string_gte", description);
        }
        ValidationErrorKind::MaxLength { limit } => {
            let description = format!("String length must be less than or equal to {limit}");
            add("string_lte", description);
        }
        ValidationErrorKind::Pattern { pattern } => {
            add("pattern", format!("Does not match pattern '{pattern}'"));
        }
        ValidationErrorKind::Format { format } => {
            add("format", format!("Does not match format '{format}'"));
        }
        ValidationErrorKind::MultipleOf { multiple_of } => {
            add("multiple_of", format!("Must be a multiple of {multiple_of}"));
        }
        ValidationErrorKind::Minimum { limit } => {
            add("number_gte", format!("Must be greater than or equal to {limit}"));
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            add("number_gt", format!("Must be greater than {limit}"));
        }
        ValidationErrorKind::Maximum { limit } => {
            add("number_lte", format!("Must be less than or equal to {limit}"));
        }
        ValidationErrorKind::ExclusiveMaximum { limit } => {
            add("number_lt", format!("Must be less than {limit}"));
        }
        // The document was not judged: that is no mismatch.
        ValidationErrorKind::Referencing(_)
        | ValidationErrorKind::BacktrackLimitExceeded { .. }
        | ValidationErrorKind::RegexEngineFailure { .. } => return Err(error.to_string()),
        other => add(other.keyword(), error.to_string()),
    }
    Ok(())
}

/// The mismatches of the alternative with the fewest, as the one that was probably meant.
fn closest(
    context: &[Vec<ValidationError<'static>>],
    schema: &Json,
    mismatches: &mut Vec<Value>,
) -> Fallible<()> {
    for error in context.iter().min_by_key(|errors| errors.len()).into_iter().flatten() {
        explain(error, schema, mismatches)?;
    }
    Ok(())
}

/// Positions of items that are equal to an earlier one, with that one's.
fn repeated(array: &Json) -> Vec<(usize, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (at, item) in array.as_array().into_iter().flatten().enumerate() {
        pairs.extend(seen.insert(item.to_string(), at).map(|earlier| (earlier, at)));
    }
    pairs
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
