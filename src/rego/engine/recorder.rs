//! Keeps what evaluation came by.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use regorus::{Extension, Value};

use super::{Error, Hit, to_json};

/// Hits by point: how often, and the values the last time.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    counts: Arc<[AtomicU64]>,
    values: Arc<Mutex<BTreeMap<usize, Value>>>,
}

impl Recorder {
    /// For a program with so many points.
    pub(super) fn new(points: usize) -> Self {
        Self { counts: (0..points).map(|_| AtomicU64::new(0)).collect(), values: Arc::default() }
    }

    /// The function that rewritten modules call with a point.
    pub(super) fn counting(&self) -> Box<dyn Extension> {
        let this = self.clone();
        Box::new(move |args: Vec<Value>| -> anyhow::Result<Value> {
            this.count(&args);
            Ok(Value::from(true))
        })
    }

    /// The function that they call with a point and the values of variables.
    pub(super) fn keeping(&self) -> Box<dyn Extension> {
        let this = self.clone();
        Box::new(move |mut args: Vec<Value>| -> anyhow::Result<Value> {
            let values = args.pop().unwrap_or(Value::Undefined);
            if let Some(point) = this.count(&args) {
                this.values.lock().unwrap_or_else(PoisonError::into_inner).insert(point, values);
            }
            Ok(Value::from(true))
        })
    }

    fn count(&self, args: &[Value]) -> Option<usize> {
        let point = usize::try_from(args.first()?.as_u64().ok()?).ok()?;
        self.counts.get(point)?.fetch_add(1, Ordering::Relaxed);
        Some(point)
    }

    /// What was recorded, by point.
    pub(super) fn hits(&self) -> Result<Vec<Hit>, Error> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list = Vec::new();
        for (point, count) in self.counts.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            if count == 0 {
                continue;
            }
            let mut shown = Vec::new();
            if let Some(Ok(object)) = values.get(&point).map(Value::as_object) {
                for (name, value) in object.iter() {
                    let name = name.as_string().map(|n| n.to_string()).unwrap_or_default();
                    shown.push((name, to_json(value)?));
                }
            }
            shown.sort_by(|a, b| a.0.cmp(&b.0));
            list.push(Hit { point, count, values: shown });
        }
        Ok(list)
    }
}
