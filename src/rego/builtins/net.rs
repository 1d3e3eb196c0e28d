//! Addresses and networks, in IPv4 and IPv6. Nothing is looked up.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use regorus::Value;

use super::{
    Answer, Builtin, Error, MAX_ELEMENTS, MAX_STEPS, beyond, builtin, elements, failed, operand, pairs,
    string, wrong,
};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("net.cidr_contains", 2, |a| contains_operands("net.cidr_contains", a)),
    builtin("net.cidr_contains_matches", 2, contains_matches),
    builtin("net.cidr_expand", 1, expand),
    builtin("net.cidr_intersects", 2, intersects),
    builtin("net.cidr_is_valid", 1, |a| {
        Ok(Value::from(matches!(operand(a, 1), Value::String(text) if Network::parse(text).is_some())))
    }),
    builtin("net.cidr_merge", 1, merge),
    builtin("net.cidr_overlap", 2, |a| contains_operands("net.cidr_overlap", a)),
];

/// The addresses of IPv4 within those of IPv6.
const MAPPED: u128 = 0xffff_0000_0000;

fn is_v4(address: u128) -> bool {
    address >> 32 == MAPPED >> 32
}

/// An address as a number of 128 bits.
fn address(text: &str) -> Option<u128> {
    match text.parse().ok()? {
        IpAddr::V4(v4) => Some(MAPPED | u128::from(u32::from(v4))),
        IpAddr::V6(v6) => Some(u128::from(v6)),
    }
}

fn shown(address: u128) -> String {
    match u32::try_from(address & 0xffff_ffff) {
        Ok(low) if is_v4(address) => Ipv4Addr::from(low).to_string(),
        _ => Ipv6Addr::from(address).to_string(),
    }
}

/// A network: its first address, and its prefix among 128 bits.
#[derive(Clone, Copy)]
struct Network {
    first: u128,
    prefix: u32,
}

fn host_bits(prefix: u32) -> u128 {
    u128::MAX.checked_shr(prefix).unwrap_or(0)
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = text.split_once('/')?;
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (length, shift) = if base.contains(':') { (128, 0) } else { (32, 96) };
        let prefix: u32 = prefix.parse().ok().filter(|p| *p <= length)?;
        let prefix = prefix.saturating_add(shift);
        Some(Self { first: address(base)? & !host_bits(prefix), prefix })
    }

    fn last(&self) -> u128 {
        self.first | host_bits(self.prefix)
    }

    /// An address of IPv4 is in no network of IPv6, not even in the one of all addresses.
    fn holds(&self, address: u128) -> bool {
        is_v4(self.first) == is_v4(address) && address & !host_bits(self.prefix) == self.first
    }

    fn text(&self) -> String {
        let prefix = if is_v4(self.first) { self.prefix.saturating_sub(96) } else { self.prefix };
        format!("{}/{prefix}", shown(self.first))
    }
}

fn network(name: &'static str, text: &str) -> Result<Network, Error> {
    Network::parse(text).map_or_else(|| failed(name, format!("invalid CIDR address: {text}")), Ok)
}

fn contains(name: &'static str, outer: &str, inner: &str) -> Result<bool, Error> {
    let outer = network(name, outer)?;
    if let Some(address) = address(inner) {
        return Ok(outer.holds(address));
    }
    let Some(inner) = Network::parse(inner) else {
        return failed(name, format!("not a valid textual representation of an IP address or CIDR: {inner}"));
    };
    if !is_v4(outer.first) && !is_v4(inner.first) {
        // The last address may be one of IPv4, although the first is not.
        return Ok(outer.prefix <= inner.prefix && outer.holds(inner.first));
    }
    Ok(outer.holds(inner.first) && outer.holds(inner.last()))
}

fn contains_operands(name: &'static str, arguments: &[Value]) -> Answer {
    Ok(Value::from(contains(name, string(name, arguments, 1)?, string(name, arguments, 2)?)?))
}

fn intersects(arguments: &[Value]) -> Answer {
    let name = "net.cidr_intersects";
    let (a, b) = (network(name, string(name, arguments, 1)?)?, network(name, string(name, arguments, 2)?)?);
    Ok(Value::from(a.holds(b.first) || b.holds(a.first)))
}

const MATCHES: &str = "net.cidr_contains_matches";

/// The networks of an operand, each with what it is named by in the result.
fn named(arguments: &[Value], number: usize) -> Result<Vec<(&Value, Value)>, Error> {
    let value = operand(arguments, number);
    let all: Vec<(&Value, Value)> = match value {
        Value::String(_) => return Ok(vec![(value, value.clone())]),
        Value::Array(array) => array.iter().enumerate().map(|(i, v)| (v, Value::from(i))).collect(),
        Value::Set(set) => set.iter_sorted().map(|v| (v, v.clone())).collect(),
        Value::Object(_) => pairs(value).into_iter().map(|(k, v)| (v, k.clone())).collect(),
        _ => return wrong(MATCHES, number, "one of {string, array, set, object}", value),
    };
    all.into_iter()
        .map(|(element, index)| match element {
            Value::String(_) => Ok((element, index)),
            Value::Array(array) if !array.is_empty() => Ok((array.first().unwrap_or(element), index)),
            _ => failed(MATCHES, format!("operand {number}: element must be string or non-empty array")),
        })
        .collect()
}

fn contains_matches(arguments: &[Value]) -> Answer {
    let (outer, inner) = (named(arguments, 1)?, named(arguments, 2)?);
    if outer.len().saturating_mul(inner.len()) > MAX_STEPS {
        return beyond(MATCHES, "pairs", MAX_STEPS);
    }
    let mut found = BTreeSet::new();
    for (a, left) in &outer {
        for (b, right) in &inner {
            let (Value::String(x), Value::String(y)) = (a, b) else {
                return failed(MATCHES, "a network must be a string");
            };
            if contains(MATCHES, x, y)? {
                found.insert(Value::from(vec![left.clone(), right.clone()]));
            }
        }
    }
    Ok(Value::from(found))
}

fn expand(arguments: &[Value]) -> Answer {
    let name = "net.cidr_expand";
    let network = network(name, string(name, arguments, 1)?)?;
    if host_bits(network.prefix) >= MAX_ELEMENTS as u128 {
        return beyond(name, "addresses", MAX_ELEMENTS);
    }
    Ok(super::make_set((network.first..=network.last()).map(|address| Value::from(shown(address)))))
}

struct Range {
    first: u128,
    last: u128,
    /// The text of the one network that this is.
    single: Option<String>,
}

fn range(value: &Value) -> Result<Range, Error> {
    let name = "net.cidr_merge";
    let Value::String(text) = value else { return failed(name, "element must be string") };
    match address(text) {
        // OPA takes an address alone for the network of its class.
        Some(address) if is_v4(address) => {
            let class = match (address >> 24) & 0xff {
                0..=0x7f => 8,
                0x80..=0xbf => 16,
                _ => 24,
            };
            let hosts = host_bits(96 + class);
            let single = Some(format!("{}/{class}", shown(address)));
            Ok(Range { first: address & !hosts, last: address | hosts, single })
        }
        Some(_) => failed(name, "IPv6 invalid: needs prefix length"),
        None => {
            let network = network(name, text)?;
            Ok(Range { first: network.first, last: network.last(), single: Some(network.text()) })
        }
    }
}

fn merge(arguments: &[Value]) -> Answer {
    let networks = operand(arguments, 1);
    let Some(all) = elements(networks) else {
        return wrong("net.cidr_merge", 1, "one of {array, set}", networks);
    };
    let mut ranges = all.into_iter().map(range).collect::<Result<Vec<_>, _>>()?;
    ranges.sort_by_key(|r| (r.last, r.first));
    let mut merged: Vec<Range> = Vec::new();
    // From the end, so that a range swallows all that it touches before it.
    for range in ranges.into_iter().rev() {
        match merged.last_mut() {
            Some(next)
                if next.first.saturating_sub(1) <= range.last && (is_v4(next.first) == is_v4(range.last)) =>
            {
                next.first = next.first.min(range.first);
                next.single = None;
            }
            _ => merged.push(range),
        }
    }
    let mut found = BTreeSet::new();
    for range in merged {
        match range.single {
            Some(text) => drop(found.insert(Value::from(text))),
            None => cover(range.first, range.last, &mut found),
        }
    }
    Ok(Value::from(found))
}

/// The fewest networks that are exactly these addresses.
fn cover(first: u128, last: u128, found: &mut BTreeSet<Value>) {
    let mut next = first;
    loop {
        let mut prefix = 128_u32.saturating_sub(next.trailing_zeros().min(128));
        while next | host_bits(prefix) > last {
            prefix = prefix.saturating_add(1);
        }
        let network = Network { first: next, prefix };
        found.insert(Value::from(network.text()));
        match network.last().checked_add(1) {
            Some(following) if network.last() < last => next = following,
            _ => break,
        }
    }
}
