//! OPA's builtin functions: what they take and give.
//!
//! A type is a bit; what may be of several types is their sum.

/// Bits of types.
pub(crate) mod kind {
    /// `null`
    pub(crate) const NULL: u8 = 1;
    /// `true`, `false`
    pub(crate) const BOOLEAN: u8 = 2;
    /// Numbers
    pub(crate) const NUMBER: u8 = 4;
    /// Strings
    pub(crate) const STRING: u8 = 8;
    /// Arrays
    pub(crate) const ARRAY: u8 = 16;
    /// Sets
    pub(crate) const SET: u8 = 32;
    /// Objects
    pub(crate) const OBJECT: u8 = 64;
    /// All of them
    pub(crate) const ANY: u8 = 127;

    /// Their names.
    pub(crate) fn names(bits: u8) -> String {
        let all = ["null", "boolean", "number", "string", "array", "set", "object"];
        let named: Vec<&str> =
            all.iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0).map(|(_, name)| *name).collect();
        named.join(" or ")
    }
}

/// A builtin function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    /// Name with dots.
    pub(crate) name: &'static str,
    /// Types of its arguments.
    pub(crate) args: &'static [u8],
    /// Type of its value; 0 = none.
    pub(crate) result: u8,
}

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<&'static Signature> {
    ALL.binary_search_by(|signature| signature.name.cmp(name)).ok().and_then(|index| ALL.get(index))
}

/// Functions whose answer does not follow from their arguments.
pub(crate) const NOT_REPEATABLE: [(&str, &str); 7] = [
    ("http.send", "give what it would fetch as evidence or data"),
    ("net.lookup_ip_addr", "give what it would look up as evidence or data"),
    ("opa.runtime", "give what it would tell as data"),
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

const fn of(name: &'static str, args: &'static [u8], result: u8) -> Signature {
    Signature { name, args, result }
}

/// All functions by name.
pub(crate) static ALL: &[Signature] = &[
    of("abs", &[4], 4),
    of("all", &[48], 2),
    of("and", &[32, 32], 32),
    of("any", &[48], 2),
    of("array.concat", &[16, 16], 16),
    of("array.flatten", &[16], 16),
    of("array.reverse", &[16], 16),
    of("array.slice", &[16, 4, 4], 16),
    of("assign", &[127, 127], 2),
    of("base64.decode", &[8], 8),
    of("base64.encode", &[8], 8),
    of("base64.is_valid", &[8], 2),
    of("base64url.decode", &[8], 8),
    of("base64url.encode", &[8], 8),
    of("base64url.encode_no_pad", &[8], 8),
    of("bits.and", &[4, 4], 4),
    of("bits.lsh", &[4, 4], 4),
    of("bits.negate", &[4], 4),
    of("bits.or", &[4, 4], 4),
    of("bits.rsh", &[4, 4], 4),
    of("bits.xor", &[4, 4], 4),
    of("cast_array", &[127], 16),
    of("cast_boolean", &[127], 2),
    of("cast_null", &[127], 1),
    of("cast_object", &[127], 64),
    of("cast_set", &[127], 32),
    of("cast_string", &[127], 8),
    of("ceil", &[4], 4),
    of("concat", &[8, 48], 8),
    of("contains", &[8, 8], 2),
    of("count", &[120], 4),
    of("crypto.hmac.equal", &[8, 8], 2),
    of("crypto.hmac.md5", &[8, 8], 8),
    of("crypto.hmac.sha1", &[8, 8], 8),
    of("crypto.hmac.sha256", &[8, 8], 8),
    of("crypto.hmac.sha512", &[8, 8], 8),
    of("crypto.md5", &[8], 8),
    of("crypto.parse_private_keys", &[8], 16),
    of("crypto.sha1", &[8], 8),
    of("crypto.sha256", &[8], 8),
    of("crypto.x509.parse_and_verify_certificates", &[8], 16),
    of("crypto.x509.parse_and_verify_certificates_with_options", &[8, 64], 16),
    of("crypto.x509.parse_certificate_request", &[8], 64),
    of("crypto.x509.parse_certificates", &[8], 16),
    of("crypto.x509.parse_keypair", &[8, 8], 64),
    of("crypto.x509.parse_rsa_private_key", &[8], 64),
    of("div", &[4, 4], 4),
    of("endswith", &[8, 8], 2),
    of("eq", &[127, 127], 2),
    of("equal", &[127, 127], 2),
    of("floor", &[4], 4),
    of("format_int", &[4, 4], 8),
    of("glob.match", &[8, 17, 8], 2),
    of("glob.quote_meta", &[8], 8),
    of("graph.reachable", &[64, 48], 32),
    of("graph.reachable_paths", &[64, 48], 32),
    of("graphql.is_valid", &[72, 72], 2),
    of("graphql.parse", &[72, 72], 16),
    of("graphql.parse_and_verify", &[72, 72], 16),
    of("graphql.parse_query", &[8], 64),
    of("graphql.parse_schema", &[8], 64),
    of("graphql.schema_is_valid", &[72], 2),
    of("gt", &[127, 127], 2),
    of("gte", &[127, 127], 2),
    of("hex.decode", &[8], 8),
    of("hex.encode", &[8], 8),
    of("http.send", &[64], 64),
    of("indexof", &[8, 8], 4),
    of("indexof_n", &[8, 8], 16),
    of("internal.member_2", &[127, 127], 2),
    of("internal.member_3", &[127, 127, 127], 2),
    of("intersection", &[32], 32),
    of("io.jwt.decode", &[8], 16),
    of("io.jwt.decode_verify", &[8, 64], 16),
    of("io.jwt.encode_sign", &[64, 64, 64], 8),
    of("io.jwt.encode_sign_raw", &[8, 8, 8], 8),
    of("io.jwt.verify_eddsa", &[8, 8], 2),
    of("io.jwt.verify_es256", &[8, 8], 2),
    of("io.jwt.verify_es384", &[8, 8], 2),
    of("io.jwt.verify_es512", &[8, 8], 2),
    of("io.jwt.verify_hs256", &[8, 8], 2),
    of("io.jwt.verify_hs384", &[8, 8], 2),
    of("io.jwt.verify_hs512", &[8, 8], 2),
    of("io.jwt.verify_ps256", &[8, 8], 2),
    of("io.jwt.verify_ps384", &[8, 8], 2),
    of("io.jwt.verify_ps512", &[8, 8], 2),
    of("io.jwt.verify_rs256", &[8, 8], 2),
    of("io.jwt.verify_rs384", &[8, 8], 2),
    of("io.jwt.verify_rs512", &[8, 8], 2),
    of("is_array", &[127], 2),
    of("is_boolean", &[127], 2),
    of("is_null", &[127], 2),
    of("is_number", &[127], 2),
    of("is_object", &[127], 2),
    of("is_set", &[127], 2),
    of("is_string", &[127], 2),
    of("json.filter", &[64, 48], 64),
    of("json.is_valid", &[8], 2),
    of("json.marshal", &[127], 8),
    of("json.marshal_with_options", &[127, 64], 8),
    of("json.match_schema", &[72, 72], 16),
    of("json.patch", &[127, 16], 127),
    of("json.remove", &[64, 48], 64),
    of("json.unmarshal", &[8], 127),
    of("json.verify_schema", &[72], 16),
    of("lower", &[8], 8),
    of("lt", &[127, 127], 2),
    of("lte", &[127, 127], 2),
    of("max", &[48], 127),
    of("min", &[48], 127),
    of("minus", &[36, 36], 36),
    of("mul", &[4, 4], 4),
    of("neq", &[127, 127], 2),
    of("net.cidr_contains", &[8, 8], 2),
    of("net.cidr_contains_matches", &[120, 120], 32),
    of("net.cidr_expand", &[8], 32),
    of("net.cidr_intersects", &[8, 8], 2),
    of("net.cidr_is_valid", &[8], 2),
    of("net.cidr_merge", &[48], 32),
    of("net.cidr_overlap", &[8, 8], 2),
    of("net.lookup_ip_addr", &[8], 32),
    of("numbers.range", &[4, 4], 16),
    of("numbers.range_step", &[4, 4, 4], 16),
    of("object.filter", &[64, 112], 64),
    of("object.get", &[64, 127, 127], 127),
    of("object.keys", &[64], 32),
    of("object.remove", &[64, 112], 64),
    of("object.subset", &[112, 112], 2),
    of("object.union", &[64, 64], 64),
    of("object.union_n", &[16], 64),
    of("opa.runtime", &[], 64),
    of("or", &[32, 32], 32),
    of("plus", &[4, 4], 4),
    of("print", &[], 0),
    of("product", &[48], 4),
    of("providers.aws.sign_req", &[64, 64, 4], 64),
    of("rand.intn", &[8, 4], 4),
    of("re_match", &[8, 8], 2),
    of("regex.find_all_string_submatch_n", &[8, 8, 4], 16),
    of("regex.find_n", &[8, 8, 4], 16),
    of("regex.globs_match", &[8, 8], 2),
    of("regex.is_valid", &[8], 2),
    of("regex.match", &[8, 8], 2),
    of("regex.replace", &[8, 8, 8], 8),
    of("regex.split", &[8, 8], 16),
    of("regex.template_match", &[8, 8, 8, 8], 2),
    of("rego.metadata.chain", &[], 16),
    of("rego.metadata.rule", &[], 127),
    of("rego.parse_module", &[8, 8], 64),
    of("rem", &[4, 4], 4),
    of("replace", &[8, 8, 8], 8),
    of("round", &[4], 4),
    of("semver.compare", &[8, 8], 4),
    of("semver.is_valid", &[127], 2),
    of("set_diff", &[32, 32], 32),
    of("sort", &[48], 16),
    of("split", &[8, 8], 16),
    of("sprintf", &[8, 16], 8),
    of("startswith", &[8, 8], 2),
    of("strings.any_prefix_match", &[56, 56], 2),
    of("strings.any_suffix_match", &[56, 56], 2),
    of("strings.count", &[8, 8], 4),
    of("strings.render_template", &[8, 64], 8),
    of("strings.replace_n", &[64, 8], 8),
    of("strings.reverse", &[8], 8),
    of("strings.split_n", &[8, 8, 4], 16),
    of("substring", &[8, 4, 4], 8),
    of("sum", &[48], 4),
    of("time.add_date", &[4, 4, 4, 4], 4),
    of("time.clock", &[20], 16),
    of("time.date", &[20], 16),
    of("time.diff", &[20, 20], 16),
    of("time.format", &[20], 8),
    of("time.now_ns", &[], 4),
    of("time.parse_duration_ns", &[8], 4),
    of("time.parse_ns", &[8, 8], 4),
    of("time.parse_rfc3339_ns", &[8], 4),
    of("time.weekday", &[20], 8),
    of("to_number", &[15], 4),
    of("trace", &[8], 2),
    of("trim", &[8, 8], 8),
    of("trim_left", &[8, 8], 8),
    of("trim_prefix", &[8, 8], 8),
    of("trim_right", &[8, 8], 8),
    of("trim_space", &[8], 8),
    of("trim_suffix", &[8, 8], 8),
    of("type_name", &[127], 8),
    of("union", &[32], 32),
    of("units.parse", &[8], 4),
    of("units.parse_bytes", &[8], 4),
    of("upper", &[8], 8),
    of("uri.is_valid", &[8], 2),
    of("uri.parse", &[8], 64),
    of("urlquery.decode", &[8], 8),
    of("urlquery.decode_object", &[8], 64),
    of("urlquery.encode", &[8], 8),
    of("urlquery.encode_object", &[64], 8),
    of("uuid.parse", &[8], 64),
    of("uuid.rfc4122", &[8], 8),
    of("walk", &[127], 16),
    of("yaml.is_valid", &[8], 2),
    of("yaml.marshal", &[127], 8),
    of("yaml.unmarshal", &[8], 127),
];
