#!/usr/bin/env bash
# A `run` that has nothing to do: 1, 100 and 1,000 stages; limit 50 ms and 30 MiB for 1,000. Peers: Snakemake (1,000 rules), DVC (100 stages).
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
declare -A ours
for count in 1 100 1000; do
  many_stages "$work/$count" "$count"
  "$mlopsctl" -C "$work/$count" run --runner thread --report no >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
  case $count in 1) limit=10 ;; 100) limit=15 ;; *) limit=50 ;; esac
  measure -n 20 -w 2 "$mlopsctl" -C "$work/$count" run
  ours[$count]=$median
  result "nothing-to-do run, $count stages" "$median" ms at_most "$limit" "$(spread 20)"
done
result "nothing-to-do run, 1000 stages, memory" "$peak" MiB at_most 30 "peak of 20 runs"
measure -n 20 -w 2 "$mlopsctl" -C "$work/1000" plan
result "plan, 1000 stages" "$median" ms at_most 50 "$(spread 20)"
result "plan, 1000 stages, memory" "$peak" MiB at_most 30 "peak of 20 runs"
mv "$work/1000/.mlopsctl" "$work/kept"
measure -n 5 -w 1 "$mlopsctl" -C "$work/1000" plan
result "plan of 1000 stages never run" "$median" ms info "" "$(spread 5)"

peers || { echo "peers: not to be had here" >&2; exit 0; }
# Snakemake: 1,000 up-to-date outputs of one rule, judged by time stamps alone (its quickest way).
mkdir -p "$work/snakemake/out" "$work/snakemake/in"
cd "$work/snakemake"
for ((i = 0; i < 1000; ++i)); do echo "$i" >"in/$i"; done
for ((i = 0; i < 1000; ++i)); do echo "$i" >"out/$i"; done
printf 'rule all:\n    input: expand("out/{i}", i=range(1000))\nrule one:\n    input: "in/{i}"\n    output: "out/{i}"\n    shell: "cp {input} {output}"\n' >Snakefile
measure -n 3 -w 1 "$python/snakemake" --cores 1 --rerun-triggers mtime --quiet
result "Snakemake, 1000 outputs up to date" "$median" ms info "" "$(spread 3)"
result "nothing to do, 1000: Snakemake / ours" "$(calculate "$median / ${ours[1000]}")" x at_least 10 "same run"
# DVC: 100 stages that were run before.
mkdir -p "$work/dvc"
cd "$work/dvc"
export DVC_NO_ANALYTICS=1
{ echo "stages:"; for ((i = 0; i < 100; ++i)); do printf '  s%d:\n    cmd: cp in%d out%d\n    deps: [in%d]\n    outs: [out%d]\n' "$i" "$i" "$i" "$i" "$i"; done; } >dvc.yaml
for ((i = 0; i < 100; ++i)); do echo "$i" >"in$i"; cp "in$i" "out$i"; done
"$python/dvc" init --no-scm --quiet
"$python/dvc" commit --force --quiet
measure -n 3 -w 1 "$python/dvc" repro --quiet
result "DVC, 100 stages up to date" "$median" ms info "" "$(spread 3)"
result "nothing to do, 100: DVC / ours" "$(calculate "$median / ${ours[100]}")" x at_least 10 "same run"
