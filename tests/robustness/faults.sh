#!/usr/bin/env bash
# A disk that fails: the Nth call of every system call that touches the disk is made to fail (or the program is killed at it), for
# N = 1, 2, 3 ... until a run completes without having met the fault. Each such run must end 0 with the right bytes, or say clearly
# what went wrong and end with a published code; a plain `run` afterwards must reach the bytes of an undisturbed run.
# usage: faults.sh MLOPSCTL [SYSCALL...]     MLOPSCTL_FULL=1: every N with every error; else every N to 12, then ever larger steps,
# and the errors take turns.
# strace counts per process, so with a stage in a child process the Nth call of each process fails, one fault in each.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
shift
full=${MLOPSCTL_FULL:-}
command -v strace >/dev/null || skip "no strace (apt-get install strace)"
strace -f --seccomp-bpf -e trace=none -o /dev/null true 2>/dev/null || skip "strace may not trace here"

tiny_project "$work/fresh"
cp -r "$work/fresh" "$work/reference"
run_in "$work/reference" run >"$work/reference.out" 2>"$work/reference.err" || { fail "the reference run ended $?: $(tail "$work/reference.err")"; exit 1; }

# Each kind of call with the errors it can meet.
declare -A errors_of=(
  [openat]="EMFILE EIO ENOSPC" [mkdir,mkdirat]="ENOSPC EIO" [rename,renameat,renameat2]="EIO ENOSPC" [unlink,unlinkat,rmdir]=EIO [chmod,fchmod,fchmodat]=EIO
  [write]="ENOSPC EIO" [pwrite64]="ENOSPC EIO" [fsync]="EIO ENOSPC" [fdatasync]="EIO ENOSPC" [syncfs]="EIO ENOSPC" [ftruncate]="EIO ENOSPC"
  [read]=EIO [pread64]=EIO [getdents64]=EIO [newfstatat,statx,fstat]=EIO [mmap]=ENOMEM [fcntl]=ENOLCK [pipe2]=EMFILE [clone,clone3,fork,vfork]=EAGAIN
)
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || mapfile -t kinds < <(printf '%s\n' "${!errors_of[@]}" | sort)
runs=0 met=0

# Which calls of a kind to fail: from the first that is the program's own (the dynamic loader ends by unmapping its cache) to the
# last of the process that makes the most.
first_and_last() {
  local log=$work/count.log folder=$work/count
  rm -rf "$folder" && cp -r "$work/fresh" "$folder"
  env "$export_mark" strace -f --seccomp-bpf -qq -e "trace=$1,munmap" -e signal=none -o "$log" "$mlopsctl" -C "$folder" run </dev/null >/dev/null 2>&1
  awk '{ if (main == "") main = $1 }
       $2 ~ /^munmap\(/ { if ($1 == main && !first) first = n[main] + 1; next }
       $2 ~ /^[a-z0-9_]+\(/ { if (++n[$1] > last) last = n[$1] }
       END { print first, last + 0 }' "$log"
}
next() {
  if [ -n "$full" ] || [ "$1" -lt "$(($2 + 12))" ]; then echo $(($1 + 1)); else echo $(($1 + 1 + ($1 - $2) / 6)); fi
}
# one_fault CALLS N WHAT: injects, looks at how the run ended, reruns. Returns 1 when the fault was not met.
one_fault() {
  local calls=$1 n=$2 what=$3 folder=$work/f status=0
  local name="$calls #$n $what"
  rm -rf "$folder" "$folder".* && cp -r "$work/fresh" "$folder"
  env "$export_mark" timeout -k 5 60 strace -f --seccomp-bpf -qq -e "trace=$calls" -e "inject=$calls:$what:when=$n" -e signal=none -o "$folder.strace" \
    "$mlopsctl" -C "$folder" run </dev/null >"$folder.first.out" 2>"$folder.first.err" || status=$?
  runs=$((runs + 1))
  local was_met=0
  case $what in
    signal=*) [ "$status" -ne 0 ] && was_met=1 ;;
    *) grep -q INJECTED "$folder.strace" && was_met=1 ;;
  esac
  expect_no_orphan "$name"
  if [ "$was_met" -eq 1 ]; then
    met=$((met + 1))
    case $status in
      0) [ "$(store_listing "$folder")" = "$(store_listing "$work/reference")" ] || fail "$name: ended 0 with other bytes in the store" ;;
      2 | 3) grep -q 'error: ' "$folder.first.err" || grep -q 'write(2, .*INJECTED' "$folder.strace" || fail "$name: ended $status without saying why: $(cat "$folder.first.err")" ;;
      137) [ "${what%%=*}" = signal ] || fail "$name: hung or was killed" ;;
      *) fail "$name: ended $status: $(tail -n 4 "$folder.first.err")" ;;
    esac
    grep -qiE 'bug in mlopsctl|terminate called|assert|sanitizer' "$folder.first.err" && fail "$name: $(cat "$folder.first.err")"
  elif [ "$status" -ne 0 ]; then
    fail "$name: ended $status without having met the fault: $(tail -n 4 "$folder.first.err")"
  fi
  expect_recovery "$name" "$folder" "$work/reference"
  [ "$was_met" -eq 1 ]
}

for kind in "${kinds[@]}"; do
  read -ra errors <<<"${errors_of[$kind]:-EIO}"
  read -r first last < <(first_and_last "$kind")
  [ "$last" -gt 0 ] || { echo "$kind: not used"; continue; }
  before=$SECONDS met_before=$met
  n=$first turn=0
  while [ "$n" -le "$last" ]; do
    if [ -n "$full" ]; then
      for error in "${errors[@]}"; do one_fault "$kind" "$n" "error=$error"; done
      one_fault "$kind" "$n" signal=KILL
    elif [ $((turn % 3)) -eq 2 ]; then
      one_fault "$kind" "$n" signal=KILL
    else
      one_fault "$kind" "$n" "error=${errors[(turn - turn / 3) % ${#errors[@]}]}"
    fi
    turn=$((turn + 1))
    n=$(next "$n" "$first")
  done
  # Past the last one the run must be undisturbed; up to a few more calls can come from timing alone.
  for error in "${errors[@]}"; do
    for ((n = last + 1; n < last + 40; ++n)); do one_fault "$kind" "$n" "error=$error" || break; done
    [ -n "$full" ] || break
  done
  echo "$kind: calls $first to $last, $((met - met_before)) faults met, $((SECONDS - before)) s"
done
echo "$runs disturbed runs, $met met their fault, $failures failures, $SECONDS s"
