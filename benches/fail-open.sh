#!/usr/bin/env bash
# Who says yes to evidence that proves nothing? A dozen inputs that must never be allowed go through gate and, where
# installed, conftest and opa, each with a policy that asks for the same thing and tells good from bad on plain inputs.
#
# usage: benches/fail-open.sh      GATE=path of the program, default target/release/gate, else target/debug/gate
#
# Yes = exit 0, which is what a pipeline goes by: `gate evaluate`, `conftest test`, `opa eval --fail-defined`.
# Exits 1 when gate says yes to one of them, or no to a control that is clean.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$PATH:$(go env GOPATH 2>/dev/null || echo "$HOME/go")/bin"
if [ -z "${GATE:-}" ]; then
  GATE=$root/target/release/gate
  [ -x "$GATE" ] || GATE=$root/target/debug/gate
fi
[ -x "$GATE" ] || { echo "no program at $GATE: run \`cargo build --release\`, or set GATE" >&2; exit 2; }
GATE=$(realpath "$GATE")
for tool in conftest opa; do
  command -v "$tool" >/dev/null || echo "skipped: $tool not installed"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p policy/{sarif,warnings,field,package,environment,cobertura,summary,junit,k6}

# --- the policies for conftest and opa -------------------------------------------------------------------------

sarif_policy() { # level package field
  cat <<REGO
package $2

deny contains msg if {
	some run in input.runs
	some result in run.results
	result.$3 == "$1"
	msg := sprintf("%s: %s", [result.ruleId, result.message.text])
}
REGO
}
sarif_policy error main level >policy/sarif/p.rego
sarif_policy warning main level >policy/warnings/p.rego
sarif_policy warning main levl >policy/field/p.rego
sarif_policy warning mian level >policy/package/p.rego
cat >policy/environment/p.rego <<'REGO'
package main

deny contains msg if {
	limit := data.environments[data.environment].max_warnings
	found := count([r | some run in input.runs; some r in run.results; r.level == "warning"])
	found > limit
	msg := sprintf("%d warnings", [found])
}
REGO
cat >policy/cobertura/p.rego <<'REGO'
package main

deny contains msg if {
	rate := to_number(input.coverage["-line-rate"])
	rate < 0.8
	msg := sprintf("line coverage is %v", [rate])
}
REGO
cat >policy/summary/p.rego <<'REGO'
package main

deny contains msg if {
	input.total.lines.pct < 80
	msg := sprintf("line coverage is %v", [input.total.lines.pct])
}
REGO
cat >policy/junit/p.rego <<'REGO'
package main

deny contains msg if {
	some count in ["-failures", "-errors"]
	to_number(input.testsuites[count]) > 0
	msg := sprintf("%s: %s", [count, input.testsuites[count]])
}
REGO
cat >policy/k6/p.rego <<'REGO'
package main

deny contains msg if {
	input.metrics.http_req_duration["p(95)"] >= 2000
	msg := "p95 is too high"
}

deny contains msg if {
	input.metrics.http_req_failed.value >= 0.01
	msg := "too many requests fail"
}
REGO

# --- the policies for gate: its own ask for the rest -----------------------------------------------------------

gate_policy() { # package field
  cat <<REGO
package $1

deny contains {"code": "TEAM-1", "msg": "a finding of medium severity"} if {
	input.findings.$2.medium > 0
}
REGO
}
gate_policy gate.security by_severity >right.rego
gate_policy gate.security by_severty >field.rego
gate_policy gate.secuirty by_severity >package.rego

# --- the inputs ------------------------------------------------------------------------------------------------

sarif() { # file run-members
  printf '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Scanner","version":"1.0","rules":[]}},%s}]}\n' "$2" >"$1"
}
result() { # level
  printf '"results":[{"ruleId":"R1","level":"%s","message":{"text":"a flaw"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.py"},"region":{"startLine":1}}}]}]' "$1"
}
ran='"invocations":[{"executionSuccessful":true}]'
sarif clean.sarif "$ran,\"results\":[]"
sarif error.sarif "$ran,$(result error)"
sarif warning.sarif "$ran,$(result warning)"
sarif null.sarif "$ran,\"results\":null"
sarif failed.sarif '"invocations":[{"executionSuccessful":false}],"results":[]'
echo '{"version":"2.1.0","runs":[]}' >no-runs.sarif
: >empty.sarif
head -c 150 error.sarif >truncated.sarif

cobertura() { # file covered valid rate lines
  cat >"$1" <<XML
<?xml version="1.0" ?>
<coverage version="7.6.1" timestamp="1767225600000" lines-covered="$2" lines-valid="$3" line-rate="$4">
<packages><package name="p" line-rate="$4"><classes><class name="a.py" filename="a.py" line-rate="$4"><methods/>
<lines>$5</lines></class></classes></package></packages></coverage>
XML
}
lines() { # hits-of-the-first hits-of-the-other-nine
  printf '<line number="1" hits="%s"/>' "$1"
  for n in 2 3 4 5 6 7 8 9 10; do printf '<line number="%s" hits="%s"/>' "$n" "$2"; done
}
cobertura clean.xml 9 10 0.9 "$(lines 0 1)"
cobertura low.xml 1 10 0.1 "$(lines 1 0)"
cobertura no-lines.xml 0 0 1 ''
cobertura contradiction.xml 9 10 0.9 "$(lines 1 0)"
cobertura text.xml many all high "$(lines yes yes)"
cobertura nan.xml 0 0 NaN ''
echo '{"total":{"lines":{"total":10,"covered":9,"pct":90}}}' >clean-summary.json
echo '{"total":{"lines":{"total":10,"covered":1,"pct":10}}}' >low-summary.json
echo '{"total":{"lines":{"total":10,"covered":1,"pct":"10"}}}' >text-summary.json
mkdir absent
cp clean.sarif absent/scan.sarif
echo '{"total":{}}' >absent/coverage-summary.json

junit() { # file tests failures cases
  printf '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="%s" failures="%s" errors="0"><testsuite name="shop" tests="%s" failures="%s" errors="0">%s</testsuite></testsuites>\n' "$2" "$3" "$2" "$3" "$4" >"$1"
}
junit clean-junit.xml 1 0 '<testcase classname="shop" name="buys" time="0.1"/>'
junit failing-junit.xml 1 1 '<testcase classname="shop" name="buys" time="0.1"><failure message="no"/></testcase>'
junit no-tests-junit.xml 0 0 ''
cp "$root/fixtures/formats/k6/green-summary-export.json" clean-k6.json
cp "$root/fixtures/formats/k6/red-idle-summary-export.json" idle-k6.json
sed 's/"p(95)": 1\.67[0-9]*/"p(95)": 9000/' clean-k6.json >slow-k6.json
echo '{"environment":"production","environments":{"production":{"max_warnings":0}}}' >production.json
echo '{"environment":"prodution","environments":{"production":{"max_warnings":0}}}' >prodution.json

# --- asking ----------------------------------------------------------------------------------------------------

answer() { [ "$1" -eq 0 ] && echo YES || echo no; }

ask_gate() { # arguments...
  local code=0
  env -i HOME="$work" PATH="$PATH" "$GATE" evaluate --quiet --now 2026-01-01T00:00:00Z "$@" >/dev/null 2>&1 || code=$?
  case $code in
    0) echo YES ;;
    1) echo 'no (block)' ;;
    2) echo 'no (error)' ;;
    *) echo "no (exit $code)" ;;
  esac
}
ask_conftest() { # policy file data
  local code=0 parser=json
  command -v conftest >/dev/null || { echo -; return; }
  case $2 in *.xml) parser=xml ;; esac
  conftest test --parser "$parser" --policy "policy/$1" ${3:+--data "$3"} "$2" >/dev/null 2>&1 || code=$?
  answer $code
}
ask_opa() { # policy file data
  local code=0
  command -v opa >/dev/null || { echo -; return; }
  case $2 in *.xml) echo -; return ;; esac
  opa eval --fail-defined --data "policy/$1" ${3:+--data "$3"} --input "$2" 'data.main.deny[_]' >/dev/null 2>&1 || code=$?
  answer $code
}

declare -A yes=([gate]=0 [conftest]=0 [opa]=0) asked=([gate]=0 [conftest]=0 [opa]=0)
wrong=0
line() { printf '%-46s %-12s %-9s %s\n' "$@"; }
# row KIND TITLE POLICY FILE DATA GATE-ARGUMENTS...; POLICY, FILE and DATA are for conftest and opa.
row() {
  local kind=$1 title=$2 policy=$3 file=$4 data=$5 tool
  shift 5
  declare -A said
  said[gate]=$(ask_gate "$@")
  said[conftest]=$(ask_conftest "$policy" "$file" "$data")
  said[opa]=$(ask_opa "$policy" "$file" "$data")
  line "$title" "${said[gate]}" "${said[conftest]}" "${said[opa]}"
  case $kind-${said[gate]} in
    clean-no* | bad-YES | empty-YES) wrong=1; echo "  ^ wrong" ;;
  esac
  if [ "$kind" = empty ]; then
    for tool in gate conftest opa; do
      [ "${said[$tool]}" = - ] && continue
      asked[$tool]=$((asked[$tool] + 1))
      [ "${said[$tool]}" = YES ] && yes[$tool]=$((yes[$tool] + 1))
    done
  fi
  return 0
}

line "" gate conftest opa
echo "controls: clean, to be allowed"
row clean "SARIF without a finding" sarif clean.sarif "" --gate security clean.sarif
row clean "SARIF with a warning" sarif warning.sarif "" --gate security warning.sarif
row clean "coverage of 90 %" cobertura clean.xml "" --gate code_quality clean.xml
row clean "coverage of 90 % (summary for the others)" summary clean-summary.json "" --gate code_quality clean.xml
row clean "one passed test" junit clean-junit.xml "" --gate integration clean-junit.xml
row clean "a load test within its limits" k6 clean-k6.json "" --gate performance clean-k6.json

echo "controls: plainly bad, to be refused"
row bad "SARIF with an error" sarif error.sarif "" --gate security error.sarif
row bad "SARIF with a warning, refused by own policy" warnings warning.sarif "" --gate security --policy right.rego warning.sarif
row bad "the same, by the environment's limit" environment warning.sarif production.json --gate security --policy right.rego --environment production warning.sarif
row bad "coverage of 10 %" cobertura low.xml "" --gate code_quality low.xml
row bad "coverage of 10 % (summary for the others)" summary low-summary.json "" --gate code_quality low.xml
row bad "a failed test" junit failing-junit.xml "" --gate integration failing-junit.xml
row bad "a slow load test" k6 slow-k6.json "" --gate performance slow-k6.json

echo "proves nothing, must never be allowed"
row empty "SARIF: results null" sarif null.sarif "" --gate security null.sarif
row empty "SARIF: no runs" sarif no-runs.sarif "" --gate security no-runs.sarif
row empty "SARIF: the tool failed" sarif failed.sarif "" --gate security failed.sarif
row empty "SARIF: empty file" sarif empty.sarif "" --gate security empty.sarif
row empty "SARIF: truncated" sarif truncated.sarif "" --gate security truncated.sarif
row empty "coverage: no lines, rate 1" cobertura no-lines.xml "" --gate code_quality no-lines.xml
row empty "coverage: 90 % claimed, 10 % in the lines" cobertura contradiction.xml "" --gate code_quality contradiction.xml
row empty "coverage: absent" summary absent/coverage-summary.json "" --gate code_quality absent
row empty "coverage: text instead of numbers (Cobertura)" cobertura text.xml "" --gate code_quality text.xml
row empty "coverage: text instead of a number (summary)" summary text-summary.json "" --gate code_quality text-summary.json
row empty "coverage: rate NaN" cobertura nan.xml "" --gate code_quality nan.xml
row empty "policy: misspelt field" field warning.sarif "" --gate security --policy field.rego warning.sarif
row empty "policy: misspelt package" package warning.sarif "" --gate security --policy package.rego warning.sarif
row empty "policy: misspelt environment" environment warning.sarif prodution.json --gate security --environment prodution warning.sarif
row empty "JUnit: no tests" junit no-tests-junit.xml "" --gate integration no-tests-junit.xml
row empty "k6: no requests" k6 idle-k6.json "" --gate performance idle-k6.json

echo
for tool in gate conftest opa; do
  echo "$tool says yes to ${yes[$tool]} of ${asked[$tool]} that prove nothing"
done
exit "$wrong"
