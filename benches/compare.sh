#!/usr/bin/env bash
# Whole processes, from start to exit: gate beside conftest and opa on the same files, and gate on ten times the input.
#
# usage: benches/compare.sh
#   GATE             the program, default target/release/gate (`cargo build --release`, or --profile dist)
#   GATE_BENCH_DIR   where the inputs are made and kept, default target/bench-inputs
#   GATE_BENCH_MB    size of the large inputs in megabytes, default 70; the small ones have a tenth
#   GATE_BENCH_RUNS  runs of each command, default 10; the median counts
#
# Uses hyperfine and GNU time where installed. Prints ratios beside the goals and exits 0 whether or not they are met.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$PATH:$(go env GOPATH 2>/dev/null || echo "$HOME/go")/bin"
GATE=$(realpath "${GATE:-$root/target/release/gate}")
[ -x "$GATE" ] || { echo "no program at $GATE: run \`cargo build --release\`, or set GATE" >&2; exit 2; }
large=${GATE_BENCH_MB:-70}
small=$(awk "BEGIN { print $large / 10 }")
runs=${GATE_BENCH_RUNS:-10}
inputs=${GATE_BENCH_DIR:-$root/target/bench-inputs}
mkdir -p "$inputs"
inputs=$(realpath "$inputs")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Nothing of the machine's own CI in the runs.
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY GITHUB_OUTPUT GITLAB_CI TF_BUILD CIRCLECI BUILDKITE JENKINS_URL GATE_CONFIG GATE_ENVIRONMENT

have() { command -v "$1" >/dev/null; }
has_time() { [ -x /usr/bin/time ] && /usr/bin/time -f %M true 2>/dev/null; }

for size in "$small" "$large"; do
  if [ ! "$inputs/$size/bom.cdx.json" -nt "$root/benches/make_inputs.py" ]; then
    python3 "$root/benches/make_inputs.py" "$inputs/$size" "$size"
  fi
done
tiny=$root/fixtures/formats/bandit/green.json
mkdir sarif tiny
cat >sarif/p.rego <<'REGO'
package main

deny contains msg if {
	errors := count([1 |
		some run in input.runs
		some result in run.results
		run.tool.driver.rules[result.ruleIndex].defaultConfiguration.level == "error"
		not result.suppressions
	])
	errors > 0
	msg := sprintf("%d open errors", [errors])
}
REGO
cat >tiny/p.rego <<'REGO'
package main

deny contains msg if {
	some result in input.results
	result.issue_severity in {"HIGH", "UNDEFINED"}
	msg := sprintf("%s:%d %s", [result.filename, result.line_number, result.issue_text])
}

deny contains msg if {
	count(input.errors) > 0
	msg := "the scanner could not read every file"
}
REGO

declare -A seconds=() mebibytes=()

# measure KEY COMMAND...: median seconds and peak memory. Exit codes 0 and 1 are both an answer.
measure() {
  local key=$1 code=0
  shift
  "$@" >/dev/null 2>"$work/err" || code=$?
  if [ "$code" -gt 1 ]; then
    echo "failed with exit code $code: $*" >&2
    cat "$work/err" >&2
    exit 2
  fi
  if have hyperfine; then
    hyperfine -N -i --style none --warmup 1 --runs "$runs" --export-json "$work/times.json" "$(printf '%q ' "$@")" >/dev/null 2>&1
    seconds[$key]=$(awk -F'[:,]' '/"median"/ { print $2 + 0; exit }' "$work/times.json")
  else
    seconds[$key]=$(for _ in $(seq "$runs"); do
      start=$EPOCHREALTIME
      "$@" >/dev/null 2>&1 || true
      awk "BEGIN { print $EPOCHREALTIME - $start }"
    done | sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }')
  fi
  if has_time; then
    /usr/bin/time -f %M -o "$work/memory" "$@" >/dev/null 2>&1 || true
    mebibytes[$key]=$(awk 'END { print $1 / 1024 }' "$work/memory")
  fi
}

show() { awk -v unit="$2" "BEGIN { v = $1; printf(v < 0.1 && unit == \"s\" ? \"%.1f ms\" : v < 10 ? \"%.3f \" unit : \"%.1f \" unit, v < 0.1 && unit == \"s\" ? v * 1000 : v) }"; }
line() { printf '%-44s %12s %12s %8s %8s %s\n' "$@"; }
# goal TITLE OURS THEIRS UNIT OPERATOR WANTED: the ratio is theirs / ours.
goal() {
  local ratio met
  ratio=$(awk "BEGIN { printf(\"%.2f\", $3 / $2) }")
  met=$(awk "BEGIN { print ($3 / $2 $5 $6) ? \"met\" : \"MISSED\" }")
  line "$1" "$(show "$2" "$4")" "$(show "$3" "$4")" "$ratio" "$5$6" "$met"
}

have hyperfine || echo "skipped: hyperfine not installed, a loop takes its place"
has_time || echo "skipped: GNU time not installed, no peak memory"
echo "$(nproc) cores, $(uname -sm); ${runs} runs each, medians"
line "" gate other ratio wanted ""

sarif=$inputs/$large/semgrep.sarif
measure sarif "$GATE" evaluate "$sarif"
if have conftest; then
  measure conftest conftest test --parser json --policy sarif "$sarif"
  goal "SARIF $large MB, beside conftest" "${seconds[sarif]}" "${seconds[conftest]}" s ">=" 10
  if has_time; then
    goal "SARIF $large MB, peak memory" "${mebibytes[sarif]}" "${mebibytes[conftest]}" MiB ">=" 5
  fi
else
  echo "skipped: conftest not installed"
fi
measure tiny "$GATE" evaluate "$tiny"
if have opa; then
  measure opa opa eval --data tiny --input "$tiny" data.main.deny
  goal "one tiny file, beside opa eval" "${seconds[tiny]}" "${seconds[opa]}" s ">" 1
else
  echo "skipped: opa not installed"
fi
goal "one tiny file, beside the aim" "${seconds[tiny]}" 0.006 s ">=" 1
# Measured once with gatecheck on this kind of machine.
if [ "$large" = 70 ]; then
  for pair in "cobertura.xml 2.4 10" "coverage.lcov 0.36 3"; do
    read -r file theirs wanted <<<"$pair"
    measure "$large $file" "$GATE" evaluate "$inputs/$large/$file"
    goal "$file 70 MB, beside gatecheck's $theirs s" "${seconds[$large $file]}" "$theirs" s ">=" "$wanted"
  done
fi

echo
line "ten times the input" "$small MB" "$large MB" ratio wanted ""
for file in semgrep.sarif bom.cdx.json cobertura.xml junit.xml coverage.lcov; do
  for size in "$small" "$large"; do
    [ -n "${seconds[$size $file]:-}" ] || measure "$size $file" "$GATE" evaluate "$inputs/$size/$file"
  done
  goal "$file" "${seconds[$small $file]}" "${seconds[$large $file]}" s "<=" 11
done
if has_time; then
  echo
  printf '%-44s %12s\n' "peak memory of gate, $large MB" MiB
  for file in semgrep.sarif bom.cdx.json cobertura.xml junit.xml coverage.lcov; do
    printf '%-44s %12.0f\n' "$file" "${mebibytes[$large $file]}"
  done
fi
