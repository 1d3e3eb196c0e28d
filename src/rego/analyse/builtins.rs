//! What the lints know of OPA's builtin functions beyond their signatures.

pub(crate) use crate::rego::builtins::signature::{SIGNATURES, Signature, find};

/// Bits of types.
pub(crate) mod kind {
    pub(crate) use crate::rego::builtins::signature::{
        ANY, ARR as ARRAY, BOOL as BOOLEAN, NULL, NUM as NUMBER, OBJ as OBJECT, SET, STR as STRING,
    };

    /// Their names.
    pub(crate) fn names(bits: u8) -> String {
        let all = [
            (NULL, "null"),
            (BOOLEAN, "boolean"),
            (NUMBER, "number"),
            (STRING, "string"),
            (ARRAY, "array"),
            (SET, "set"),
            (OBJECT, "object"),
        ];
        let named: Vec<&str> =
            all.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| name).collect();
        named.join(" or ")
    }
}

/// Functions whose answer does not follow from their arguments: what to do instead.
pub(crate) const NOT_REPEATABLE: [(&str, &str); 7] = [
    ("http.send", "policies have no network: give what it would fetch as evidence or data"),
    ("net.lookup_ip_addr", "policies have no network: give what it would look up as evidence or data"),
    ("opa.runtime", "policies do not see the environment: give what it would tell as data"),
    ("rand.intn", "a decision must be repeatable"),
    ("time.now_ns", "use `time.parse_rfc3339_ns(input.now)`, the time of the decision"),
    ("uuid.rfc4122", "a decision must be repeatable"),
    ("providers.aws.sign_req", "policies have no network"),
];

/// Functions that OPA 1.0 left behind: what to use.
pub(crate) const DEPRECATED: [(&str, &str); 11] = [
    ("all", "every ... in"),
    ("any", "some ... in"),
    ("cast_array", "is_array"),
    ("cast_boolean", "is_boolean"),
    ("cast_null", "is_null"),
    ("cast_object", "is_object"),
    ("cast_set", "is_set"),
    ("cast_string", "is_string"),
    ("net.cidr_overlap", "net.cidr_contains"),
    ("re_match", "regex.match"),
    ("set_diff", "-"),
];
