#!/usr/bin/env bash
# BERT's tokenizer against Hugging Face's, one thread each, by CPU time, in turns, texts in memory: at least ten times as fast, with the same
# number of tokens (that they are the same tokens, WordPieceParity tests).
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
data=${MLOPSCTL_TEST_DATA:-$bench_dir/../../shared/data}
vocabulary=$data/vocab/bert-base-uncased-vocab.txt
[ -e "$vocabulary" ] || { echo "not measured: $vocabulary is not here; set MLOPSCTL_TEST_DATA" >&2; exit 0; }
peers tokenizers || { echo "not measured: tokenizers cannot be installed" >&2; exit 0; }
field() { awk -v name="$2" -v column="$3" '$1 == name { print $column }' "$work/$1"; }
best() { printf '%s\n' "$@" | sort -g | tail -n 1; }
for set in airline/Tweets.csv imdb/sample_4k.csv; do
  ours_ids=() ours_offsets=() their_ids=() their_offsets=()
  for _ in 1 2 3; do
    "$build/bench_wordpiece" "$vocabulary" "$data/$set" 15 >"$work/ours"
    "$python/python" "$bench_dir/peers/wordpiece.py" "$vocabulary" "$data/$set" 2 >"$work/theirs"
    for name in ids offsets; do
      [ "$(field ours $name 3)" = "$(field theirs $name 3)" ] || { echo "other number of tokens than tokenizers" >&2; exit 1; }
    done
    ours_ids+=("$(field ours ids 2)") ours_offsets+=("$(field ours offsets 2)")
    their_ids+=("$(field theirs ids 2)") their_offsets+=("$(field theirs offsets 2)")
  done
  peer=$(best "${their_ids[@]}") own=$(best "${ours_ids[@]}")
  result "WordPiece, $set, tokenizers" "$peer" MB/s info "" "ids alone, best of 6; raw ${their_ids[*]}; peak $(field theirs peak 2) MiB"
  result "WordPiece, $set, ours" "$own" MB/s info "" "ids alone, best of 45; raw ${ours_ids[*]}; peak $(field ours peak 2) MiB"
  result "WordPiece, $set: ids, ours / tokenizers" "$(calculate "$own / $peer")" x at_least 10 "$(field ours ids 3) tokens"
  result "WordPiece, $set: with offsets, ours / tokenizers" "$(calculate "$(best "${ours_offsets[@]}") / $(best "${their_offsets[@]}")")" x at_least 10 \
    "raw ${ours_offsets[*]} / ${their_offsets[*]} MB/s"
  result "WordPiece, $set: peak memory, ours / tokenizers" "$(calculate "$(field ours peak 2) / $(field theirs peak 2)")" x at_most 1 "texts included"
done
result "WordPiece: loading the vocabulary" "$(field ours load 2)" ms at_most 50 "CPU; tokenizers $(field theirs load 2) ms"
