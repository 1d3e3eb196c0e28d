//! Every builtin function of OPA 1.22: its arguments, its result, and whether it is to be had here.

/// Kinds of values: the bits of [`NULL`] to [`SET`].
pub(crate) type Kinds = u8;

/// No value: the function is called for its effect.
pub(crate) const NONE: Kinds = 0;
/// `null`.
pub(crate) const NULL: Kinds = 1;
/// Booleans.
pub(crate) const BOOL: Kinds = 1 << 1;
/// Numbers.
pub(crate) const NUM: Kinds = 1 << 2;
/// Strings.
pub(crate) const STR: Kinds = 1 << 3;
/// Arrays.
pub(crate) const ARR: Kinds = 1 << 4;
/// Objects.
pub(crate) const OBJ: Kinds = 1 << 5;
/// Sets.
pub(crate) const SET: Kinds = 1 << 6;
/// Anything.
pub(crate) const ANY: Kinds = 0x7f;

/// What a call of a builtin function looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Name with dots.
    pub(crate) name: &'static str,
    /// Kinds of each argument.
    pub(crate) arguments: &'static [Kinds],
    /// Kinds of the result.
    pub(crate) result: Kinds,
    /// Whether the same arguments give the same result always and everywhere.
    pub(crate) deterministic: bool,
    /// Whether it can be called here.
    pub(crate) available: bool,
    /// Whether it has several results for the same arguments, as `walk` has.
    pub(crate) relation: bool,
    /// Whether it takes any number of arguments, as `print` does.
    pub(crate) variadic: bool,
    /// The operator that it is the function of.
    pub(crate) operator: Option<&'static str>,
}

impl Signature {
    /// Number of arguments, without one for the output.
    pub(crate) const fn arity(&self) -> usize {
        self.arguments.len()
    }

    /// Whether the result is nothing but true or false.
    #[cfg(test)]
    pub(crate) const fn is_boolean(&self) -> bool {
        self.result == BOOL
    }

    const fn random(mut self) -> Self {
        self.deterministic = false;
        self
    }

    const fn missing(mut self) -> Self {
        self.available = false;
        self
    }

    const fn relation(mut self) -> Self {
        self.relation = true;
        self
    }

    const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    const fn operator(mut self, operator: &'static str) -> Self {
        self.operator = Some(operator);
        self
    }
}

const fn sig(name: &'static str, arguments: &'static [Kinds], result: Kinds) -> Signature {
    Signature {
        name,
        arguments,
        result,
        deterministic: true,
        available: true,
        relation: false,
        variadic: false,
        operator: None,
    }
}

/// The signature of a function of OPA.
pub(crate) fn find(name: &str) -> Option<&'static Signature> {
    SIGNATURES.binary_search_by(|s| s.name.cmp(name)).ok().and_then(|at| SIGNATURES.get(at))
}

/// All of them by name.
#[rustfmt::skip]
pub(crate) const SIGNATURES: &[Signature] = &[
    sig("abs", &[NUM], NUM),
    sig("all", &[ARR | SET], BOOL),
    sig("and", &[SET, SET], SET).operator("&"),
    sig("any", &[ARR | SET], BOOL),
    sig("array.concat", &[ARR, ARR], ARR),
    sig("array.flatten", &[ARR], ARR),
    sig("array.reverse", &[ARR], ARR),
    sig("array.slice", &[ARR, NUM, NUM], ARR),
    sig("assign", &[ANY, ANY], BOOL).operator(":="),
    sig("base64.decode", &[STR], STR),
    sig("base64.encode", &[STR], STR),
    sig("base64.is_valid", &[STR], BOOL),
    sig("base64url.decode", &[STR], STR),
    sig("base64url.encode", &[STR], STR),
    sig("base64url.encode_no_pad", &[STR], STR),
    sig("bits.and", &[NUM, NUM], NUM),
    sig("bits.lsh", &[NUM, NUM], NUM),
    sig("bits.negate", &[NUM], NUM),
    sig("bits.or", &[NUM, NUM], NUM),
    sig("bits.rsh", &[NUM, NUM], NUM),
    sig("bits.xor", &[NUM, NUM], NUM),
    sig("cast_array", &[ANY], ARR),
    sig("cast_boolean", &[ANY], BOOL),
    sig("cast_null", &[ANY], NULL),
    sig("cast_object", &[ANY], OBJ),
    sig("cast_set", &[ANY], SET),
    sig("cast_string", &[ANY], STR),
    sig("ceil", &[NUM], NUM),
    sig("concat", &[STR, ARR | SET], STR),
    sig("contains", &[STR, STR], BOOL),
    sig("count", &[STR | ARR | OBJ | SET], NUM),
    sig("crypto.hmac.equal", &[STR, STR], BOOL),
    sig("crypto.hmac.md5", &[STR, STR], STR),
    sig("crypto.hmac.sha1", &[STR, STR], STR),
    sig("crypto.hmac.sha256", &[STR, STR], STR),
    sig("crypto.hmac.sha512", &[STR, STR], STR),
    sig("crypto.md5", &[STR], STR),
    sig("crypto.parse_private_keys", &[STR], ARR),
    sig("crypto.sha1", &[STR], STR),
    sig("crypto.sha256", &[STR], STR),
    sig("crypto.x509.parse_and_verify_certificates", &[STR], ARR),
    sig("crypto.x509.parse_and_verify_certificates_with_options", &[STR, OBJ], ARR),
    sig("crypto.x509.parse_certificate_request", &[STR], OBJ),
    sig("crypto.x509.parse_certificates", &[STR], ARR),
    sig("crypto.x509.parse_keypair", &[STR, STR], OBJ),
    sig("crypto.x509.parse_rsa_private_key", &[STR], OBJ),
    sig("div", &[NUM, NUM], NUM).operator("/"),
    sig("endswith", &[STR, STR], BOOL),
    sig("eq", &[ANY, ANY], BOOL).operator("="),
    sig("equal", &[ANY, ANY], BOOL).operator("=="),
    sig("floor", &[NUM], NUM),
    sig("format_int", &[NUM, NUM], STR),
    sig("glob.match", &[STR, NULL | ARR, STR], BOOL),
    sig("glob.quote_meta", &[STR], STR),
    sig("graph.reachable", &[OBJ, ARR | SET], SET),
    sig("graph.reachable_paths", &[OBJ, ARR | SET], SET),
    sig("graphql.is_valid", &[STR | OBJ, STR | OBJ], BOOL).missing(),
    sig("graphql.parse", &[STR | OBJ, STR | OBJ], ARR).missing(),
    sig("graphql.parse_and_verify", &[STR | OBJ, STR | OBJ], ARR).missing(),
    sig("graphql.parse_query", &[STR], OBJ).missing(),
    sig("graphql.parse_schema", &[STR], OBJ).missing(),
    sig("graphql.schema_is_valid", &[STR | OBJ], BOOL).missing(),
    sig("gt", &[ANY, ANY], BOOL).operator(">"),
    sig("gte", &[ANY, ANY], BOOL).operator(">="),
    sig("hex.decode", &[STR], STR),
    sig("hex.encode", &[STR], STR),
    sig("http.send", &[OBJ], OBJ).random().missing(),
    sig("indexof", &[STR, STR], NUM),
    sig("indexof_n", &[STR, STR], ARR),
    sig("internal.member_2", &[ANY, ANY], BOOL).operator("in"),
    sig("internal.member_3", &[ANY, ANY, ANY], BOOL).operator("in"),
    sig("internal.print", &[ARR], NONE),
    sig("internal.template_string", &[ARR], STR),
    sig("internal.test_case", &[ARR], NONE),
    sig("intersection", &[SET], SET),
    sig("io.jwt.decode", &[STR], ARR),
    sig("io.jwt.decode_verify", &[STR, OBJ], ARR).random(),
    sig("io.jwt.encode_sign", &[OBJ, OBJ, OBJ], STR).random(),
    sig("io.jwt.encode_sign_raw", &[STR, STR, STR], STR).random(),
    sig("io.jwt.verify_eddsa", &[STR, STR], BOOL),
    sig("io.jwt.verify_es256", &[STR, STR], BOOL),
    sig("io.jwt.verify_es384", &[STR, STR], BOOL),
    sig("io.jwt.verify_es512", &[STR, STR], BOOL),
    sig("io.jwt.verify_hs256", &[STR, STR], BOOL),
    sig("io.jwt.verify_hs384", &[STR, STR], BOOL),
    sig("io.jwt.verify_hs512", &[STR, STR], BOOL),
    sig("io.jwt.verify_ps256", &[STR, STR], BOOL),
    sig("io.jwt.verify_ps384", &[STR, STR], BOOL),
    sig("io.jwt.verify_ps512", &[STR, STR], BOOL),
    sig("io.jwt.verify_rs256", &[STR, STR], BOOL),
    sig("io.jwt.verify_rs384", &[STR, STR], BOOL),
    sig("io.jwt.verify_rs512", &[STR, STR], BOOL),
    sig("is_array", &[ANY], BOOL),
    sig("is_boolean", &[ANY], BOOL),
    sig("is_null", &[ANY], BOOL),
    sig("is_number", &[ANY], BOOL),
    sig("is_object", &[ANY], BOOL),
    sig("is_set", &[ANY], BOOL),
    sig("is_string", &[ANY], BOOL),
    sig("json.filter", &[OBJ, ARR | SET], OBJ),
    sig("json.is_valid", &[STR], BOOL),
    sig("json.marshal", &[ANY], STR),
    sig("json.marshal_with_options", &[ANY, OBJ], STR),
    sig("json.match_schema", &[STR | OBJ, STR | OBJ], ARR).random(),
    sig("json.patch", &[ANY, ARR], ANY),
    sig("json.remove", &[OBJ, ARR | SET], OBJ),
    sig("json.unmarshal", &[STR], ANY),
    sig("json.verify_schema", &[STR | OBJ], ARR).random(),
    sig("lower", &[STR], STR),
    sig("lt", &[ANY, ANY], BOOL).operator("<"),
    sig("lte", &[ANY, ANY], BOOL).operator("<="),
    sig("max", &[ARR | SET], ANY),
    sig("min", &[ARR | SET], ANY),
    sig("minus", &[NUM | SET, NUM | SET], NUM | SET).operator("-"),
    sig("mul", &[NUM, NUM], NUM).operator("*"),
    sig("neq", &[ANY, ANY], BOOL).operator("!="),
    sig("net.cidr_contains", &[STR, STR], BOOL),
    sig("net.cidr_contains_matches", &[STR | ARR | OBJ | SET, STR | ARR | OBJ | SET], SET),
    sig("net.cidr_expand", &[STR], SET),
    sig("net.cidr_intersects", &[STR, STR], BOOL),
    sig("net.cidr_is_valid", &[STR], BOOL),
    sig("net.cidr_merge", &[ARR | SET], SET),
    sig("net.cidr_overlap", &[STR, STR], BOOL),
    sig("net.lookup_ip_addr", &[STR], SET).random().missing(),
    sig("numbers.range", &[NUM, NUM], ARR),
    sig("numbers.range_step", &[NUM, NUM, NUM], ARR),
    sig("object.filter", &[OBJ, ARR | OBJ | SET], OBJ),
    sig("object.get", &[OBJ, ANY, ANY], ANY),
    sig("object.keys", &[OBJ], SET),
    sig("object.remove", &[OBJ, ARR | OBJ | SET], OBJ),
    sig("object.subset", &[ARR | OBJ | SET, ARR | OBJ | SET], BOOL),
    sig("object.union", &[OBJ, OBJ], OBJ),
    sig("object.union_n", &[ARR], OBJ),
    sig("opa.runtime", &[], OBJ).random().missing(),
    sig("or", &[SET, SET], SET).operator("|"),
    sig("plus", &[NUM, NUM], NUM).operator("+"),
    sig("print", &[], NONE).variadic(),
    sig("product", &[ARR | SET], NUM),
    sig("providers.aws.sign_req", &[OBJ, OBJ, NUM], OBJ).missing(),
    sig("rand.intn", &[STR, NUM], NUM).random().missing(),
    sig("re_match", &[STR, STR], BOOL),
    sig("regex.find_all_string_submatch_n", &[STR, STR, NUM], ARR),
    sig("regex.find_n", &[STR, STR, NUM], ARR),
    sig("regex.globs_match", &[STR, STR], BOOL),
    sig("regex.is_valid", &[STR], BOOL),
    sig("regex.match", &[STR, STR], BOOL),
    sig("regex.replace", &[STR, STR, STR], STR),
    sig("regex.split", &[STR, STR], ARR),
    sig("regex.template_match", &[STR, STR, STR, STR], BOOL),
    sig("rego.metadata.chain", &[], ARR),
    sig("rego.metadata.rule", &[], ANY),
    sig("rego.parse_module", &[STR, STR], OBJ).missing(),
    sig("rem", &[NUM, NUM], NUM).operator("%"),
    sig("replace", &[STR, STR, STR], STR),
    sig("round", &[NUM], NUM),
    sig("semver.compare", &[STR, STR], NUM),
    sig("semver.is_valid", &[ANY], BOOL),
    sig("set_diff", &[SET, SET], SET),
    sig("sort", &[ARR | SET], ARR),
    sig("split", &[STR, STR], ARR),
    sig("sprintf", &[STR, ARR], STR),
    sig("startswith", &[STR, STR], BOOL),
    sig("strings.any_prefix_match", &[STR | ARR | SET, STR | ARR | SET], BOOL),
    sig("strings.any_suffix_match", &[STR | ARR | SET, STR | ARR | SET], BOOL),
    sig("strings.count", &[STR, STR], NUM),
    sig("strings.render_template", &[STR, OBJ], STR),
    sig("strings.replace_n", &[OBJ, STR], STR),
    sig("strings.reverse", &[STR], STR),
    sig("strings.split_n", &[STR, STR, NUM], ARR),
    sig("substring", &[STR, NUM, NUM], STR),
    sig("sum", &[ARR | SET], NUM),
    sig("time.add_date", &[NUM, NUM, NUM, NUM], NUM),
    sig("time.clock", &[NUM | ARR], ARR),
    sig("time.date", &[NUM | ARR], ARR),
    sig("time.diff", &[NUM | ARR, NUM | ARR], ARR),
    sig("time.format", &[NUM | ARR], STR),
    sig("time.now_ns", &[], NUM).random().missing(),
    sig("time.parse_duration_ns", &[STR], NUM),
    sig("time.parse_ns", &[STR, STR], NUM),
    sig("time.parse_rfc3339_ns", &[STR], NUM),
    sig("time.weekday", &[NUM | ARR], STR),
    sig("to_number", &[NULL | BOOL | NUM | STR], NUM),
    sig("trace", &[STR], BOOL).missing(),
    sig("trim", &[STR, STR], STR),
    sig("trim_left", &[STR, STR], STR),
    sig("trim_prefix", &[STR, STR], STR),
    sig("trim_right", &[STR, STR], STR),
    sig("trim_space", &[STR], STR),
    sig("trim_suffix", &[STR, STR], STR),
    sig("type_name", &[ANY], STR),
    sig("union", &[SET], SET),
    sig("units.parse", &[STR], NUM),
    sig("units.parse_bytes", &[STR], NUM),
    sig("upper", &[STR], STR),
    sig("uri.is_valid", &[STR], BOOL),
    sig("uri.parse", &[STR], OBJ),
    sig("urlquery.decode", &[STR], STR),
    sig("urlquery.decode_object", &[STR], OBJ),
    sig("urlquery.encode", &[STR], STR),
    sig("urlquery.encode_object", &[OBJ], STR),
    sig("uuid.parse", &[STR], OBJ),
    sig("uuid.rfc4122", &[STR], STR).random().missing(),
    sig("walk", &[ANY], ARR).relation(),
    sig("yaml.is_valid", &[STR], BOOL),
    sig("yaml.marshal", &[ANY], STR),
    sig("yaml.unmarshal", &[STR], ANY),
];
