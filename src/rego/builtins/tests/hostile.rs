//! What the functions do with what nobody should give them, and certificates against OPA's recorded answers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use regorus::Value;
use serde_json::{Value as Json, json};

use super::super::operand::{field, text};
use super::super::{Answer, Error, all};

fn call(name: &str, operands: &[Json]) -> Answer {
    let values: Vec<Value> = operands.iter().cloned().map(Value::from).collect();
    (all().find(|builtin| builtin.name == name).unwrap().call)(&values)
}

fn answer(name: &str, operands: &[Json]) -> Json {
    serde_json::to_value(call(name, operands).unwrap()).unwrap()
}

fn message(name: &str, operands: &[Json]) -> String {
    call(name, operands).unwrap_err().to_string()
}

fn part(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(json)
}

/// A token signed by HMAC-SHA-256 with the secret `secret`.
fn token(header: &str, payload: &str) -> String {
    let text = format!("{}.{}", part(header), part(payload));
    format!("{text}.{}", code(&text, "secret"))
}

/// The code of a text, as a token has it.
fn code(text: &str, secret: &str) -> String {
    let mac = answer("crypto.hmac.sha256", &[json!(text), json!(secret)]);
    let digits = mac.as_str().unwrap();
    let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    URL_SAFE_NO_PAD.encode(bytes.collect::<Result<Vec<u8>, _>>().unwrap())
}

fn decode_verify(token: &str, constraints: Json) -> Result<bool, String> {
    let answer = call("io.jwt.decode_verify", &[json!(token), constraints]);
    let json = serde_json::to_value(answer.map_err(|error| error.to_string())?).unwrap();
    if json[0] == json!(false) {
        assert_eq!(json, json!([false, {}, {}]));
    }
    Ok(json[0].as_bool().unwrap())
}

#[test]
fn every_function_has_a_name_of_its_own() {
    let mut names: Vec<_> = all().map(|builtin| builtin.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn operands_of_another_type_are_type_errors() {
    for name in ["crypto.sha256", "io.jwt.decode", "crypto.x509.parse_certificates", "uuid.parse"] {
        let error = call(name, &[json!(1)]).unwrap_err();
        assert!(matches!(error, Error::Type { operand: 1, found: "number", .. }), "{error}");
    }
    let error = call("io.jwt.decode_verify", &[json!("a.b.c"), json!([])]).unwrap_err();
    assert!(matches!(error, Error::Type { operand: 2, expected: "object", .. }), "{error}");
}

#[test]
fn a_token_signed_here_is_the_one_that_others_sign() {
    let key = json!({"kty": "oct", "k": part("secret")});
    let (header, payload) = (json!({"alg": "HS256", "typ": "JWT"}), json!({"b": 1, "a": "<&>"}));
    let signed = answer("io.jwt.encode_sign", &[header, payload.clone(), key.clone()]);
    let spelled = r#"{"a":"\u003c\u0026\u003e","b":1}"#;
    assert_eq!(signed, json!(token(r#"{"alg":"HS256","typ":"JWT"}"#, spelled)));
    for algorithm in ["RS256", "ES256", "EdDSA", "none"] {
        let operands = [json!({ "alg": algorithm }), payload.clone(), key.clone()];
        assert!(call("io.jwt.encode_sign", &operands).is_err(), "{algorithm}");
    }
}

#[test]
fn unsigned_tokens_are_never_valid() {
    for algorithm in ["none", "None", "NONE", "", "HS1", "HS256 "] {
        let header = json!({ "alg": algorithm }).to_string();
        let bare = format!("{}.{}.", part(&header), part("{}"));
        assert_eq!(decode_verify(&bare, json!({"secret": "secret"})), Ok(false), "{algorithm}");
        let signed = token(&header, "{}");
        assert_eq!(decode_verify(&signed, json!({"secret": "secret"})), Ok(false), "{algorithm}");
    }
    let empty = format!("{}.{}.", part(r#"{"alg":"HS256"}"#), part("{}"));
    assert_eq!(decode_verify(&empty, json!({"secret": "secret"})), Ok(false));
}

#[test]
fn a_public_key_is_no_secret() {
    // The key that everyone knows, used as the secret of a token that says HS256.
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    // A sequence of the modulus, with a zero in front, and of the exponent.
    let public = aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    let n = URL_SAFE_NO_PAD.encode(&public[9..265]);
    let e = URL_SAFE_NO_PAD.encode(&public[267..]);
    let jwk = json!({"kty": "RSA", "n": n, "e": e}).to_string();
    let text = format!("{}.{}", part(r#"{"alg":"HS256"}"#), part("{}"));
    let forged = format!("{text}.{}", code(&text, &jwk));
    assert_eq!(decode_verify(&forged, json!({ "cert": jwk })), Ok(false));
    assert_eq!(answer("io.jwt.verify_rs256", &[json!(forged), json!(jwk)]), json!(false));

    // The same key does verify what it signed, with that algorithm only.
    let text = format!("{}.{}", part(r#"{"alg":"RS256"}"#), part("{}"));
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    let way = &aws_lc_rs::signature::RSA_PKCS1_SHA256;
    pair.sign(way, &random, text.as_bytes(), &mut signature).unwrap();
    let honest = format!("{text}.{}", URL_SAFE_NO_PAD.encode(&signature));
    assert_eq!(decode_verify(&honest, json!({ "cert": jwk })), Ok(true));
    assert_eq!(answer("io.jwt.verify_rs256", &[json!(honest), json!(jwk)]), json!(true));
    for other in ["rs384", "rs512", "ps256", "es256", "eddsa"] {
        let name = format!("io.jwt.verify_{other}");
        assert_eq!(answer(&name, &[json!(honest), json!(jwk)]), json!(false), "{other}");
    }
    assert_eq!(decode_verify(&honest, json!({"cert": jwk, "alg": "PS256"})), Ok(false));

    // A private key is not taken for the public one that it holds.
    let private = json!({"kty": "RSA", "n": n, "e": e, "d": "AQ"}).to_string();
    assert_eq!(decode_verify(&honest, json!({ "cert": private })), Ok(false));
}

#[test]
fn a_curve_serves_the_algorithm_that_is_meant_for_it() {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let way = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = aws_lc_rs::signature::EcdsaKeyPair::generate(way).unwrap();
    let point = aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}).to_string();
    for (algorithm, holds) in [("ES256", true), ("ES384", false), ("ES512", false)] {
        let text = format!("{}.{}", part(&json!({ "alg": algorithm }).to_string()), part("{}"));
        let signature = pair.sign(&random, text.as_bytes()).unwrap();
        let signed = format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
        assert_eq!(decode_verify(&signed, json!({ "cert": jwk })), Ok(holds), "{algorithm}");
    }
    let zeros = format!("{}.{}.{}", part(r#"{"alg":"ES256"}"#), part("{}"), URL_SAFE_NO_PAD.encode([0; 64]));
    assert_eq!(decode_verify(&zeros, json!({ "cert": jwk })), Ok(false));
    let nowhere = json!({"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}).to_string();
    assert_eq!(decode_verify(&zeros, json!({ "cert": nowhere })), Ok(false));
}

#[test]
fn headers_that_are_critical_and_unknown_are_refused() {
    let secret = || json!({"secret": "secret"});
    let crit = |value: Json| token(&json!({"alg": "HS256", "crit": value}).to_string(), "{}");
    assert_eq!(decode_verify(&crit(json!(["exp"])), secret()), Ok(false));
    assert_eq!(decode_verify(&crit(json!(["alg"])), secret()), Ok(true));
    for odd in [json!([]), json!("exp"), json!([1]), json!({})] {
        assert!(decode_verify(&crit(odd.clone()), secret()).is_err(), "{odd}");
    }
}

#[test]
fn of_two_fields_with_one_name_the_latter_counts() {
    let twice = token(r#"{"alg":"none","alg":"HS256"}"#, r#"{"iss":"a","iss":"b"}"#);
    assert_eq!(decode_verify(&twice, json!({"secret": "secret", "iss": "b"})), Ok(true));
    assert_eq!(decode_verify(&twice, json!({"secret": "secret", "iss": "a"})), Ok(false));
    let twice = token(r#"{"alg":"HS256","alg":"none"}"#, "{}");
    assert_eq!(decode_verify(&twice, json!({"secret": "secret"})), Ok(false));
}

#[test]
fn a_token_with_an_end_needs_a_time() {
    let secret = |time: Json| json!({"secret": "secret", "time": time});
    let until = token(r#"{"alg":"HS256"}"#, r#"{"exp":100}"#);
    let error = decode_verify(&until, json!({"secret": "secret"})).unwrap_err();
    assert!(error.contains("give `time` as a constraint"), "{error}");
    assert_eq!(decode_verify(&until, secret(json!(99_999_999_999_u64))), Ok(true));
    assert_eq!(decode_verify(&until, secret(json!(100_000_000_000_u64))), Ok(false));
    for odd in [json!(-1), json!("99"), Json::Null] {
        assert!(decode_verify(&until, secret(odd.clone())).is_err(), "{odd}");
    }
    let from = token(r#"{"alg":"HS256"}"#, r#"{"nbf":100}"#);
    assert!(decode_verify(&from, json!({"secret": "secret"})).is_err());
    assert_eq!(decode_verify(&from, secret(json!(99_000_000_000_u64))), Ok(false));
    assert_eq!(decode_verify(&from, secret(json!(100_000_000_000_u64))), Ok(true));
    for odd in [r#"{"exp":"100"}"#, r#"{"exp":null}"#, r#"{"nbf":true}"#] {
        let odd = token(r#"{"alg":"HS256"}"#, odd);
        assert!(decode_verify(&odd, secret(json!(1))).is_err());
    }
    let given = answer(
        "internal.jwt_decode_verify",
        &[json!(until), json!({"secret": "secret"}), json!(1_000_000_000_u64)],
    );
    assert_eq!(given, json!([true, {"alg": "HS256"}, {"exp": 100}]));
}

#[test]
fn a_token_for_someone_is_for_no_one_else() {
    let token = token(r#"{"alg":"HS256"}"#, r#"{"aud":["a","b"],"iss":1}"#);
    assert_eq!(decode_verify(&token, json!({"secret": "secret"})), Ok(false));
    assert_eq!(decode_verify(&token, json!({"secret": "secret", "aud": "b"})), Ok(true));
    assert_eq!(decode_verify(&token, json!({"secret": "secret", "aud": "b", "iss": "1"})), Ok(false));
}

#[test]
fn constraints_without_one_key_are_errors() {
    let token = token(r#"{"alg":"HS256"}"#, "{}");
    for odd in [
        json!({}),
        json!({"secret": ""}),
        json!({"secret": 1}),
        json!({"secret": "secret", "cert": r#"{"keys":[]}"#}),
        json!({"secret": "secret", "leeway": 1}),
        json!({"cert": ""}),
    ] {
        assert!(decode_verify(&token, odd.clone()).is_err(), "{odd}");
    }
    assert_eq!(decode_verify(&token, json!({"cert": r#"{"keys":[]}"#})), Ok(false));
}

#[test]
fn tokens_in_tokens_come_to_an_end() {
    let mut inner = token(r#"{"alg":"HS256"}"#, "{}");
    for _ in 0..20 {
        inner = token(r#"{"alg":"HS256","cty":"JWT"}"#, &inner);
    }
    assert_eq!(decode_verify(&inner, json!({"secret": "secret"})), Ok(true));
    assert_eq!(answer("io.jwt.decode", &[json!(inner)])[1], json!({}));
    // One link that does not hold breaks the chain.
    let broken = token(r#"{"alg":"HS256","cty":"JWT"}"#, &format!("{inner}x"));
    assert_ne!(decode_verify(&broken, json!({"secret": "secret"})), Ok(true));
}

/// A value as JSON, with numbers that are longer than those of JSON libraries.
fn written(value: &Value) -> String {
    match value {
        Value::Number(number) => number.format_decimal(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(","))
        }
        Value::Object(fields) => {
            let fields = fields.iter_sorted();
            let fields: Vec<_> = fields.map(|(k, v)| format!("{}:{}", written(k), written(v))).collect();
            format!("{{{}}}", fields.join(","))
        }
        other => serde_json::to_string(other).unwrap(),
    }
}

#[test]
fn certificates_and_requests_come_out_as_opa_prints_them() {
    for (function, pem, expected) in [
        (
            "crypto.x509.parse_certificates",
            include_str!("../../../../fixtures/rego/x509/certificate.pem"),
            include_str!("../../../../fixtures/rego/x509/certificate.json"),
        ),
        (
            "crypto.x509.parse_certificate_request",
            include_str!("../../../../fixtures/rego/x509/request.pem"),
            include_str!("../../../../fixtures/rego/x509/request.json"),
        ),
    ] {
        assert_eq!(written(&call(function, &[json!(pem.trim())]).unwrap()), expected.trim());
    }
}

#[test]
fn chains_hold_where_they_do_for_opa_or_are_refused() {
    let fixtures: Json =
        serde_json::from_str(include_str!("../../../../fixtures/rego/x509/chains.json")).unwrap();
    // Refused on purpose: keys of 1,024 bits, and an authority at the end of a chain.
    let stricter = ["an authority at the end", "rsa of 1024 bits"];
    for case in fixtures["cases"].as_array().unwrap() {
        let note = case["note"].as_str().unwrap();
        let names = case["certificates"].as_array().unwrap().iter();
        let pem: String =
            names.map(|name| fixtures["certificates"][name.as_str().unwrap()].as_str().unwrap()).collect();
        let name = "crypto.x509.parse_and_verify_certificates_with_options";
        let Value::Array(answer) = call(name, &[json!(pem), case["options"].clone()]).unwrap() else {
            panic!("{note}");
        };
        let valid = case["valid"] == json!(true) && !stricter.contains(&note);
        assert_eq!(answer.get(0), Some(&Value::from(valid)), "{note}");
        if valid {
            let Some(Value::Array(chain)) = answer.get(1) else { panic!("{note}") };
            let subject = |certificate| text(field(certificate, "Subject").unwrap(), "CommonName");
            let chain: Vec<_> = chain.iter().map(subject).collect();
            assert_eq!(json!(chain), case["names"], "{note}");
        }
    }
    let pem = fixtures["certificates"]["root"].as_str().unwrap().repeat(2);
    let error = message("crypto.x509.parse_and_verify_certificates", &[json!(pem)]);
    assert!(error.contains("give `CurrentTime`"), "{error}");
}

#[test]
fn options_that_are_not_understood_are_errors() {
    let pem = include_str!("../../../../fixtures/rego/x509/certificate.pem").repeat(2);
    let name = "crypto.x509.parse_and_verify_certificates_with_options";
    for odd in [
        json!({"CurrentTime": "1"}),
        json!({"CurrentTime": 1.5}),
        json!({"DNSName": 1}),
        json!({"KeyUsages": "KeyUsageAny"}),
        json!({"KeyUsages": ["KeyUsageEverything"]}),
        json!({"MaxConstraintComparisons": "many"}),
        json!({"Insecure": true}),
    ] {
        assert!(call(name, &[json!(pem), odd.clone()]).is_err(), "{odd}");
    }
}

#[test]
fn a_changed_certificate_never_panics() {
    let pem = include_str!("../../../../fixtures/rego/x509/certificate.pem");
    let (block, _) = super::super::pem::next(pem).unwrap();
    for at in 0..block.bytes.len() {
        for bits in [0x01, 0x80, 0xff] {
            let mut bytes = block.bytes.clone();
            bytes[at] ^= bits;
            let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
            let _ = call("crypto.x509.parse_certificates", &[json!(text)]);
        }
        let cut = base64::engine::general_purpose::STANDARD.encode(&block.bytes[..at]);
        if at > 0 {
            assert!(call("crypto.x509.parse_certificates", &[json!(cut)]).is_err(), "{at}");
        }
    }
}

#[test]
fn blocks_without_an_end_cost_little() {
    let text = "-----BEGIN A-----\n".repeat(100_000) + "\n-----END B-----\n";
    let error = message("io.jwt.verify_rs256", &[json!("a.b.c"), json!(text)]);
    assert!(error.contains("failed to parse a JWK"), "{error}");
}

#[test]
fn schemas_explain_what_does_not_match() {
    let schema = json!({
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer", "minimum": 3},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": true},
        },
        "additionalProperties": false,
    });
    let document = json!({"id": 1, "tags": ["a", "c", "a"], "other": null});
    let answer = answer("json.match_schema", &[document, schema]);
    let mut errors: Vec<_> =
        answer[1].as_array().unwrap().iter().map(|e| e["error"].as_str().unwrap()).collect();
    errors.sort_unstable();
    assert_eq!(
        errors,
        [
            "(Root): Additional property other is not allowed",
            "(Root): name is required",
            "id: Must be greater than or equal to 3",
            "tags.1: tags.1 must be one of the following: \"a\", \"b\"",
            "tags: array items[0,2] must be unique",
        ]
    );
    assert_eq!(answer[0], json!(false));
}

#[test]
fn mismatches_have_the_words_that_opa_has() {
    for (schema, document, words) in [
        (
            json!({"items": {"type": ["string", "null"]}}),
            json!([3]),
            "0: Invalid type. Expected: [string,null], given: integer",
        ),
        (json!({"dependencies": {"a": ["b"]}}), json!({"a": 1}), "(Root): Has a dependency on b"),
        (json!({"items": {"const": {"a": 1}}}), json!([1]), "0: 0 does not match: {\"a\":1}"),
        (json!({"items": {"format": "ipv4"}}), json!(["x"]), "0: Does not match format 'ipv4'"),
        (json!({"items": {"multipleOf": 0.5}}), json!([1.25]), "0: Must be a multiple of 0.5"),
        // A boolean bound belongs to a draft that need not be named.
        (json!({"items": {"minimum": 3, "exclusiveMinimum": true}}), json!([3]), "0: Must be greater than 3"),
        (
            json!({"items": {"maximum": 3, "exclusiveMaximum": false}}),
            json!([4]),
            "0: Must be less than or equal to 3",
        ),
    ] {
        let answer = answer("json.match_schema", &[document, schema.clone()]);
        assert_eq!(answer[0], json!(false), "{schema}");
        assert_eq!(answer[1][0]["error"], json!(words), "{schema}");
    }
    let named =
        json!({"properties": {"exclusiveMinimum": true, "enum": {"enum": [{"exclusiveMinimum": true}]}}});
    assert_eq!(answer("json.verify_schema", &[named]), json!([true, null]));
    let alone = json!({"exclusiveMinimum": true});
    assert_eq!(answer("json.verify_schema", &[alone])[0], json!(false));
}

#[test]
fn a_document_that_cannot_be_judged_does_not_match() {
    let remote = json!({"$ref": "https://example.com/schema.json"});
    assert!(call("json.match_schema", &[json!({}), remote.clone()]).is_err());
    assert_eq!(answer("json.verify_schema", &[remote])[0], json!(false));
    assert!(call("json.match_schema", &[json!("{"), json!({})]).is_err());
    assert!(call("json.match_schema", &[json!(1), json!({})]).is_err());
    assert_eq!(answer("json.verify_schema", &[json!({"pattern": "("})])[0], json!(false));
    assert_eq!(answer("json.verify_schema", &[json!([])])[0], json!(false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_makes_a_function_panic(
        texts in proptest::collection::vec(
            prop_oneof![".{0,80}", "[A-Za-z0-9+/=_-]{0,64}(\\.[A-Za-z0-9_-]{0,64}){0,3}", "[%&=;+a]{0,12}"],
            3,
        )
    ) {
        for builtin in all() {
            let operands: Vec<Value> = texts
                .iter()
                .take(usize::from(builtin.arity))
                .map(|text| Value::from(text.as_str()))
                .collect();
            let _ = (builtin.call)(&operands);
        }
    }
}
