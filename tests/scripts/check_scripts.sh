#!/usr/bin/env bash
# Every shell script parses, is strict and executable; shellcheck, where it is installed, has nothing to say. Run by ctest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bad=0
complain() {
  printf '%s\n' "$1" >&2
  bad=1
}

mapfile -t scripts < <(grep -lIE '^#!.*\b(ba)?sh$' -r scripts tests .ci tools bench 2>/dev/null | sort)
[ "${#scripts[@]}" -ge 5 ] || complain "only ${#scripts[@]} shell scripts found"
for script in "${scripts[@]}"; do
  bash -n "$script" || complain "$script: does not parse"
  [ -x "$script" ] || complain "$script: is not executable (chmod +x)"
  grep -qE '^set -euo pipefail$|/common\.sh"$' "$script" || complain "$script: neither 'set -euo pipefail' nor common.sh"
done
if command -v shellcheck >/dev/null; then
  shellcheck "${scripts[@]}" scripts/*.sh || bad=1
else
  echo "shellcheck is not installed: skipped"
fi
exit "$bad"
