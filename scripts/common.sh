# What the commands of this folder share. Sourced, never run: `. "$(dirname "$0")/common.sh"`.
# Afterwards the working directory is the project's root.
# shellcheck shell=bash
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
project_root=$PWD
cache_folder=$project_root/.cache
log_folder=$cache_folder/logs

say() { printf '== %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# quietly LOG COMMAND...: runs the command with its output in .cache/logs/LOG; shows the end of it when the command fails.
quietly() {
  local log=$log_folder/$1
  shift
  mkdir -p "$log_folder"
  "$@" >"$log" 2>&1 </dev/null || {
    tail -n 30 "$log" >&2
    fail "'$*' failed; its whole output is in ${log#"$project_root"/}"
  }
}

# Runs a command as root: as it is, or through sudo. Asks for no password: says what to type instead.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

can_be_root() { [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }

# The Debian packages among the arguments that are not installed, one a line.
missing_packages() {
  local name
  local -A installed=()
  while read -r name; do installed[$name]=1; done < <(
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p'
  )
  for name in "$@"; do [ -n "${installed[$name]:-}" ] || echo "$name"; done
}

# ensure_packages PURPOSE PACKAGE...: installs what is missing with apt. Nothing is asked and no package index is fetched when
# everything is there. On other systems it only names the packages: CMake then says which of them it cannot find.
ensure_packages() {
  local purpose=$1
  shift
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "$purpose: this system has no apt; needed are (names of Debian 12 and Ubuntu 24.04): $*"
    return
  fi
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  missing=${missing% }
  if [ -z "$missing" ]; then
    say "$purpose: all packages are installed"
    return
  fi
  can_be_root || fail "$purpose: packages are missing and neither root nor sudo without a password is at hand. Type once:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  say "$purpose: installing $missing"
  quietly apt-update.log as_root "${apt[@]}" update
  # shellcheck disable=SC2086  # a list of words
  quietly apt-install.log as_root "${apt[@]}" install -y --no-install-recommends $missing
}

# What the tests in Python need, and what the Python module is built with.
# shellcheck disable=SC2034  # for those who source this
python_packages=(numpy==1.26.4 pytest==8.3.5 h5py==3.16.0 pillow==11.3.0 hypothesis==6.131.0 nanobind==3.1.0 mypy==1.15.0 pandas==2.2.3
  matplotlib==3.9.2 nbclient==0.10.0 ipykernel==6.29.5 distributed==2026.8.0 cryptography==50.0.2)
# What programs in tools/ need besides, and their tests.
# shellcheck disable=SC2034
tools_packages=(simpy==4.1.1)

# ensure_python_packages NAME==VERSION...: the project's own virtual environment .cache/venv with these packages.
ensure_python_packages() { ensure_python_packages_in venv "$@"; }

# ensure_python_packages_in FOLDER NAME==VERSION...: the same in the virtual environment .cache/FOLDER.
ensure_python_packages_in() {
  local folder=$1 python=$cache_folder/$1/bin/python
  shift
  if "$python" - "$@" 2>/dev/null <<'PYTHON'
import importlib.metadata, sys
sys.exit(any(importlib.metadata.version(name) != version for name, version in (arg.split("==") for arg in sys.argv[1:])))
PYTHON
  then
    say "Python packages: all installed in .cache/$folder"
    return
  fi
  say "Python packages: installing $* into .cache/$folder"
  "$python" -m pip --version >/dev/null 2>&1 || quietly venv.log python3 -m venv --clear "$cache_folder/$folder"
  quietly pip.log "$python" -m pip install --disable-pip-version-check --no-input "$@"
}

project_version() { sed -n 's/^project(tf_injector VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt; }

# The time that stands in archives and in what is compiled: the last commit's, so that two builds of it are the same.
set_source_date() {
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
  export SOURCE_DATE_EPOCH
}

# bundle TARGET FILE FOLDER: what build/portable made of the target, FILE, tells where it was built neither; its licences and its bill of
# materials go into FOLDER (tools/release/bundle.py).
bundle() {
  if grep -qF "$project_root" "$2"; then fail "$2 holds the name of the folder that it was built in, $project_root"; fi
  ensure_python_packages_in portable/release cyclonedx-python-lib==11.12.0 jsonschema==4.26.0 rfc3339-validator==0.1.4 rfc3987-syntax==1.1.0
  "$cache_folder/portable/release/bin/python" tools/release/bundle.py build/portable "$@"
}

# Parallel compile jobs: the processors we may use, but not more than memory allows (about 1.5 GB a job).
compile_jobs() {
  local jobs by_memory
  jobs=$(nproc)
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  if [ "$by_memory" -lt "$jobs" ]; then jobs=$by_memory; fi
  if [ "$jobs" -lt 1 ]; then jobs=1; fi
  echo "$jobs"
}

# build_preset PRESET [TARGET...]: configures and builds build/PRESET; only what changed is compiled. Words in the array
# configure_options go to CMake.
configure_options=()
build_preset() {
  local preset=$1 jobs
  shift
  jobs=$(compile_jobs)
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}; fi
  say "building build/$preset (${*:-everything}; $jobs jobs)"
  quietly "configure-$preset.log" cmake --preset "$preset" "${configure_options[@]}"
  if [ $# -gt 0 ]; then set -- --target "$@"; fi
  cmake --build --preset "$preset" --parallel "$jobs" "$@" </dev/null
}
