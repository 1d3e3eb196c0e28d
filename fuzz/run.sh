#!/usr/bin/env bash
# Fuzzes every target for a bounded time: fuzz/run.sh [SECONDS each, default 60]. Needs `cargo install cargo-fuzz`.
# With a stable compiler the sanitizer switches need RUSTC_BOOTSTRAP.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
export RUSTC_BOOTSTRAP=1
for target in formats json ingest policy; do
  mkdir -p "fuzz/corpus/$target"
  case $target in
    formats | ingest) find fixtures/formats -type f -size -64k ! -name SOURCE.tsv -exec cp -n {} "fuzz/corpus/$target/" \; ;;
    policy) find policies -name '*.rego' -exec cp -n {} "fuzz/corpus/$target/" \; ;;
  esac
  cargo fuzz run "$target" -- -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=4096
done
