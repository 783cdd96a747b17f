#!/usr/bin/env bash
# TF-IDF of words and pairs with a linear SVM on IMDB, 25,000 + 25,000 reviews, end to end (read, fit, score) against scikit-learn, in
# turns: at least 5 times as fast with at most half the memory, and as accurate.
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}/imdb
[ -e "$data/train.csv" ] || { echo "not measured: $data/train.csv is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
peers learning || { echo "not measured: scikit-learn cannot be installed" >&2; exit 0; }
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
runs=3
ours=() ours_cpu=() theirs=() theirs_cpu=()
for ((i = 0; i < runs; ++i)); do
  measure -n 1 -w 0 -o "$work/ours" "$build/bench_tfidf_svm" "$data/train.csv" "$data/test.csv"
  ours+=("$median") ours_cpu+=("$cpu") ours_peak=$peak
  measure -n 1 -w 0 -o "$work/theirs" "$python/python" "$bench_dir/peers/tfidf_svm.py" "$data/train.csv" "$data/test.csv"
  theirs+=("$median") theirs_cpu+=("$cpu") theirs_peak=$peak
done
middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
steps() { awk '/^(terms|accuracy|peak_mib)/ { next } { printf "%s %s s, ", $1, $2 }' "$1"; }
of() { awk -v key="$1" '$1 == key { print $2 }' "$2"; }
[ "$(of terms "$work/ours")" = "$(of terms "$work/theirs")" ] || { echo "other vocabulary than scikit-learn" >&2; exit 1; }
result "TF-IDF + SVM, wall time" "$(middle "${ours[@]}")" ms info "" "$(steps "$work/ours")raw ${ours[*]}"
result "scikit-learn, wall time" "$(middle "${theirs[@]}")" ms info "" "$(steps "$work/theirs")raw ${theirs[*]}"
result "TF-IDF + SVM: scikit-learn / ours" "$(calculate "$(middle "${theirs[@]}") / $(middle "${ours[@]}")")" x at_least 5 "wall time, medians of $runs, all cores"
result "TF-IDF + SVM: scikit-learn / ours, CPU" "$(calculate "$(middle "${theirs_cpu[@]}") / $(middle "${ours_cpu[@]}")")" x info "" "ours ${ours_cpu[*]} ms, theirs ${theirs_cpu[*]} ms"
result "TF-IDF + SVM: peak memory, ours / scikit-learn" "$(calculate "$ours_peak / $theirs_peak")" x at_most 0.5 "$ours_peak and $theirs_peak MiB"
result "TF-IDF + SVM: accuracy, ours - scikit-learn" "$(awk "BEGIN { printf \"%.5f\", $(of accuracy "$work/ours") - $(of accuracy "$work/theirs") }")" "" at_least -0.0005 "$(of accuracy "$work/ours") and $(of accuracy "$work/theirs")"
