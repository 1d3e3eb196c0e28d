#!/usr/bin/env bash
# The workbench beside opa, whole processes on the same files: test, coverage, check, fmt, load.
#
# usage: benches/policies.sh
#   GATE             the program, default target/release/gate (`cargo build --release`, or --profile dist)
#   GATE_BENCH_RUNS  runs of each command, default 10
#
# Needs hyperfine and opa. Prints ratios beside the goals and exits 0 whether or not they are met.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$PATH:$(go env GOPATH 2>/dev/null || echo "$HOME/go")/bin"
GATE=$(realpath "${GATE:-$root/target/release/gate}")
[ -x "$GATE" ] || { echo "no program at $GATE: run \`cargo build --release\`, or set GATE" >&2; exit 2; }
for tool in hyperfine opa python3; do
  command -v "$tool" >/dev/null || { echo "needs $tool" >&2; exit 2; }
done
runs=${GATE_BENCH_RUNS:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY GITHUB_OUTPUT GITLAB_CI GATE_CONFIG GATE_ENVIRONMENT GATE_CONFIG_REF

# 40 modules of 50 lines.
mkdir modules
for n in $(seq 40); do
  {
    printf 'package team.p%s\n\n' "$n"
    for r in $(seq 8); do
      printf '# Rule %s of module %s.\nr%s contains msg if {\n\tsome x in input.items\n\tx.size > %s\n\tmsg := sprintf("%%s is larger than %%d", [x.name, %s])\n}\n' "$r" "$n" "$r" "$r" "$r"
    done
  } >"modules/p$n.rego"
done

# milliseconds COMMAND...: the median.
milliseconds() {
  hyperfine --shell=none --warmup 1 --runs "$runs" --ignore-failure --export-json out.json "$*" >/dev/null 2>&1
  python3 -c 'import json; print(round(json.load(open("out.json"))["results"][0]["median"] * 1000, 1))'
}
ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

echo '| what | gate | beside | ratio | wanted |'
echo '|---|---|---|---|---|'
ours=$(milliseconds "$GATE" test "$root/policies")
theirs=$(milliseconds opa test "$root/policies")
echo "| tests of the shipped policies, beside \`opa test\` | $ours ms | $theirs ms | $(ratio "$ours" "$theirs") | <= 1 |"
covered=$(milliseconds "$GATE" test "$root/policies" --coverage)
echo "| the same with coverage, beside without | $covered ms | $ours ms | $(ratio "$covered" "$ours") | <= 1.5 |"
ours=$(milliseconds "$GATE" check modules)
theirs=$(milliseconds opa check --strict modules)
echo "| check of 40 modules, $(cat modules/*.rego | wc -l) lines, beside \`opa check --strict\` | $ours ms | $theirs ms | $(ratio "$ours" "$theirs") | < 50 ms |"
ours=$(milliseconds "$GATE" fmt --check modules)
theirs=$(milliseconds opa fmt --list modules)
echo "| layout of the same, beside \`opa fmt\` | $ours ms | $theirs ms | $(ratio "$ours" "$theirs") | - |"
ours=$(milliseconds "$GATE" eval --data modules 1)
nothing=$(milliseconds "$GATE" eval 1)
echo "| load of the same, beside loading nothing | $ours ms | $nothing ms | $(awk "BEGIN { printf \"+%.1f ms\", $ours - $nothing }") | <= 8 ms |"
