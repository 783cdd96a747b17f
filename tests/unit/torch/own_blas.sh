#!/usr/bin/env bash
# libtorch's matrix products are its own, also in a program that has brought the system's BLAS along: own_blas.sh TORCH_LOADER_TEST (linked to LIBLINEAR).
set -euo pipefail
bindings=$(mktemp -d)
trap 'rm -rf "$bindings"' EXIT
LD_DEBUG=bindings LD_DEBUG_OUTPUT=$bindings/of "$1" --gtest_filter='Loader.OpensTheModule*' >/dev/null
grep -qhE "binding file [^ ]*/liblinear[^ ]* .* to [^ ]*/libblas" "$bindings"/of.* || { echo "no BLAS of the system is here, so nothing is tested"; exit 77; }
grep -qhE "binding file [^ ]*/libtorch_cpu[^ ]* " "$bindings"/of.* || { echo "FAILED: libtorch was not opened"; exit 1; }
if strange=$(grep -hE "binding file [^ ]*/libtorch[^ ]* .* to [^ ]*/lib(blas|openblas|atlas|mkl)[^ ]* " "$bindings"/of.*); then
  echo "FAILED: libtorch calls another library's BLAS:"
  head -n 5 <<<"$strange"
  exit 1
fi
