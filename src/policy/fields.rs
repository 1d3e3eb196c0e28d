//! The fields of the policy input, from its JSON Schema: does a reference lead anywhere?

use std::sync::LazyLock;

use serde_json::Value;

use super::scan::Step;

static INPUT_SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<super::PolicyInput<'static>>().into()
});

/// The JSON Schema of the policy input.
pub fn input_schema() -> &'static Value {
    &INPUT_SCHEMA
}

/// A list that is built only when a policy refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// `findings.open`
    FindingsOpen,
    /// `findings.suppressed`
    FindingsSuppressed,
    /// `components.list`
    Components,
    /// `coverage.files`
    CoverageFiles,
    /// `tests.failing`
    TestsFailing,
    /// `tests.cases`
    TestsCases,
    /// `load.metrics`
    LoadMetrics,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 7] = [
        Self::FindingsOpen,
        Self::FindingsSuppressed,
        Self::Components,
        Self::CoverageFiles,
        Self::TestsFailing,
        Self::TestsCases,
        Self::LoadMetrics,
    ];

    /// The part of the input and the field in it.
    pub(crate) fn path(self) -> [&'static str; 2] {
        match self {
            Self::FindingsOpen => ["findings", "open"],
            Self::FindingsSuppressed => ["findings", "suppressed"],
            Self::Components => ["components", "list"],
            Self::CoverageFiles => ["coverage", "files"],
            Self::TestsFailing => ["tests", "failing"],
            Self::TestsCases => ["tests", "cases"],
            Self::LoadMetrics => ["load", "metrics"],
        }
    }

    /// Whether a reference may read the list.
    pub(super) fn is_meant_by(self, steps: &[Step]) -> bool {
        self.path().iter().zip(steps).all(|(name, step)| match step {
            Step::Field(field) => field == name,
            Step::Any => true,
        })
    }
}

/// The first step of a reference that the schema does not have: its index and the names there are instead.
pub(super) fn unknown_step(schema: &Value, steps: &[Step]) -> Option<(usize, Vec<String>)> {
    let mut here = resolve(schema, schema);
    for (index, step) in steps.iter().enumerate() {
        let properties = here.get("properties").and_then(Value::as_object);
        let additional = here.get("additionalProperties").filter(|v| v.is_object());
        let items = here.get("items").filter(|v| v.is_object());
        let keys = here.pointer("/propertyNames/enum").and_then(Value::as_array);
        if let (Step::Field(name), Some(keys)) = (step, keys)
            && !keys.iter().any(|key| key.as_str() == Some(name))
        {
            return Some((index, keys.iter().filter_map(Value::as_str).map(str::to_owned).collect()));
        }
        let next = match step {
            Step::Field(name) => match (properties.and_then(|p| p.get(name)), additional) {
                (Some(next), _) | (None, Some(next)) => next,
                (None, None) if properties.is_some() || items.is_some() || is_scalar(here) => {
                    return Some((
                        index,
                        properties.map(|p| p.keys().cloned().collect()).unwrap_or_default(),
                    ));
                }
                (None, None) => return None,
            },
            Step::Any => additional.or(items)?,
        };
        here = resolve(schema, next);
    }
    None
}

fn is_scalar(schema: &Value) -> bool {
    matches!(schema.get("type").and_then(Value::as_str), Some("string" | "number" | "integer" | "boolean"))
}

/// Follows references, and takes the one alternative of `anyOf` and `oneOf` that is not null.
fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..16 {
        if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
            match path.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
                Some(next) => schema = next,
                None => return schema,
            }
        } else if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            match choices.iter().find(|c| c.get("type").and_then(Value::as_str) != Some("null")) {
                Some(next) => schema = next,
                None => return schema,
            }
        } else {
            return schema;
        }
    }
    schema
}
