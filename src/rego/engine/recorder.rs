//! Keeps what evaluation came by.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use regorus::{Extension, Value};

use super::{Error, Hit, to_json};

/// Hits by point: how often, and the values the last time.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder(Arc<Mutex<BTreeMap<usize, (u64, Value)>>>);

impl Recorder {
    /// The function that rewritten modules call with a point and the values of variables.
    pub(super) fn function(&self) -> Box<dyn Extension> {
        let hits = Arc::clone(&self.0);
        Box::new(move |mut args: Vec<Value>| -> anyhow::Result<Value> {
            let values = args.pop().unwrap_or(Value::Undefined);
            let point = args.first().and_then(|arg| arg.as_u64().ok()).and_then(|n| usize::try_from(n).ok());
            if let Some(point) = point {
                let mut hits = hits.lock().unwrap_or_else(PoisonError::into_inner);
                let hit = hits.entry(point).or_insert((0, Value::Undefined));
                hit.0 = hit.0.saturating_add(1);
                hit.1 = values;
            }
            Ok(Value::from(true))
        })
    }

    /// What was recorded, by point.
    pub(super) fn hits(&self) -> Result<Vec<Hit>, Error> {
        let hits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list = Vec::with_capacity(hits.len());
        for (point, (count, values)) in hits.iter() {
            let mut shown = Vec::new();
            if let Ok(object) = values.as_object() {
                for (name, value) in object.iter() {
                    let name = name.as_string().map(|n| n.to_string()).unwrap_or_default();
                    shown.push((name, to_json(value)?));
                }
            }
            shown.sort_by(|a, b| a.0.cmp(&b.0));
            list.push(Hit { point: *point, count: *count, values: shown });
        }
        Ok(list)
    }
}
