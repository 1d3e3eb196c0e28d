//! Graphs and trees: what is reachable, by which paths, and everything in a value.

use std::collections::BTreeSet;

use regorus::Value;

use super::{
    Answer, Builtin, Error, MAX_DEPTH, MAX_ELEMENTS, MAX_STEPS, beyond, builtin, elements, get, object,
    operand, pairs, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("gate.internal.walk", 1, |a| {
        let mut found = Vec::new();
        walk(operand(a, 1), &mut Vec::new(), &mut found)?;
        Ok(Value::from(found))
    }),
    builtin("graph.reachable", 2, reachable),
    builtin("graph.reachable_paths", 2, reachable_paths),
];

const WALK: &str = "walk";

/// Every value within a value, with its path, from the outside in.
fn walk(value: &Value, path: &mut Vec<Value>, found: &mut Vec<Value>) -> Result<(), Error> {
    if path.len() > MAX_DEPTH {
        return beyond(WALK, "levels of nesting", MAX_DEPTH);
    }
    if found.len() >= MAX_ELEMENTS {
        return beyond(WALK, "elements", MAX_ELEMENTS);
    }
    found.push(Value::from(vec![Value::from(path.clone()), value.clone()]));
    let children: Vec<(Value, &Value)> = match value {
        Value::Array(array) => array.iter().enumerate().map(|(i, v)| (Value::from(i), v)).collect(),
        Value::Set(set) => set.iter_sorted().map(|v| (v.clone(), v)).collect(),
        Value::Object(_) => pairs(value).into_iter().map(|(k, v)| (k.clone(), v)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        path.push(key);
        walk(child, path, found)?;
        path.pop();
    }
    Ok(())
}

fn starts<'a>(name: &'static str, arguments: &'a [Value]) -> Result<Vec<&'a Value>, Error> {
    let start = operand(arguments, 2);
    elements(start).map_or_else(|| wrong(name, 2, "one of {array, set}", start), Ok)
}

fn reachable(arguments: &[Value]) -> Answer {
    let name = "graph.reachable";
    let graph = object(name, arguments, 1)?;
    let mut queue = starts(name, arguments)?;
    let mut reached = BTreeSet::new();
    while let Some(node) = queue.pop() {
        if let Some(edges) = get(graph, node)
            && reached.insert(node)
        {
            queue.extend(elements(edges).unwrap_or_default());
        }
    }
    Ok(super::make_set(reached.into_iter().cloned()))
}

struct Paths<'a> {
    graph: &'a Value,
    found: BTreeSet<Vec<&'a Value>>,
    steps: usize,
}

const PATHS: &str = "graph.reachable_paths";

impl<'a> Paths<'a> {
    /// Goes on from the end of a path to a node: a path ends where it leaves the graph, at a node without edges, and
    /// where it would come to a node that it has already passed.
    fn follow(&mut self, node: &'a Value, path: &mut Vec<&'a Value>) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(path.len().max(1));
        if self.steps > MAX_STEPS {
            return beyond(PATHS, "steps", MAX_STEPS);
        }
        if path.len() > MAX_DEPTH {
            return beyond(PATHS, "nodes of a path", MAX_DEPTH);
        }
        let Some(edges) = get(self.graph, node) else {
            self.found.insert(path.clone());
            return Ok(());
        };
        path.push(node);
        let next = elements(edges).unwrap_or_default();
        if next.is_empty() {
            self.found.insert(path.clone());
        }
        for neighbor in next {
            self.steps = self.steps.saturating_add(path.len());
            if path.contains(&neighbor) {
                self.found.insert(path.clone());
            } else {
                self.follow(neighbor, path)?;
            }
        }
        path.pop();
        Ok(())
    }
}

fn reachable_paths(arguments: &[Value]) -> Answer {
    let graph = object(PATHS, arguments, 1)?;
    let mut paths = Paths { graph, found: BTreeSet::new(), steps: 0 };
    for node in starts(PATHS, arguments)? {
        let Some(edges) = get(graph, node) else { continue };
        let next = elements(edges).unwrap_or_default();
        if next.is_empty() {
            paths.found.insert(vec![node]);
        }
        for neighbor in next {
            // An edge from a start to itself is followed once, as by OPA.
            paths.follow(neighbor, &mut vec![node])?;
        }
    }
    Ok(super::make_set(
        paths.found.into_iter().map(|path| Value::from(path.into_iter().cloned().collect::<Vec<_>>())),
    ))
}
