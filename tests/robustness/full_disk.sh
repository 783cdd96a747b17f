#!/usr/bin/env bash
# A disk that is really full, while a linear model is fitted and while an encoder saves its checkpoints: the project lies on a small file
# system of its own (tmpfs in a private mount namespace). The run says so and ends 2 or 3; after space was made a plain `run` reaches the
# bytes of an undisturbed run.
# usage: full_disk.sh MLOPSCTL
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
if [ -z "${MLOPSCTL_OWN_MOUNTS:-}" ]; then
  rm -rf "$work"
  for way in "--mount" "--mount --user --map-root-user"; do
    # shellcheck disable=SC2086
    if unshare $way mount -t tmpfs none /mnt 2>/dev/null; then
      trap - EXIT
      # shellcheck disable=SC2086
      MLOPSCTL_OWN_MOUNTS=1 exec unshare $way --propagation private "$0" "$@"
    fi
  done
  skip "may not mount a file system here"
fi

disk=$work/disk
mkdir "$disk"

# fill KIND FIRST STEP LATER: KIND_project on disks of FIRST KiB, STEP KiB more (LATER, from 400 KiB on) and so on until one is large enough.
fill() {
  local kind=$1 size status=0 refused=0 needed
  "${kind}_project" "$work/$kind"
  cp -r "$work/$kind" "$work/$kind-reference"
  run_in "$work/$kind-reference" run >"$work/reference.out" 2>"$work/reference.err" || { fail "$kind: the reference run ended $?"; return; }
  needed=$(du -sk "$work/$kind-reference" | cut -f1)
  for ((size = $2; size <= needed + 400; size += size < 400 ? $3 : $4)); do
    mount -t tmpfs -o "size=${size}k" none "$disk"
    cp -r "$work/$kind" "$disk/project"
    status=0
    run_in "$disk/project" run >"$work/full.out" 2>"$work/full.err" || status=$?
    case $status in
      0) [ "$(store_listing "$disk/project")" = "$(store_listing "$work/$kind-reference")" ] || fail "$kind, $size KiB: ended 0 with other bytes in the store" ;;
      2 | 3)
        refused=$((refused + 1))
        grep -qiE 'no space left|disk is full|database or disk is full' "$work/full.err" || fail "$kind, $size KiB: does not name the full disk: $(cat "$work/full.err")"
        ;;
      *) fail "$kind, $size KiB: ended $status: $(cat "$work/full.err")" ;;
    esac
    mount -o remount,size=64m "$disk"
    expect_recovery "$kind, $size KiB" "$disk/project" "$work/$kind-reference"
    umount "$disk"
    if [ "$status" -eq 0 ]; then break; fi
  done
  [ "$refused" -gt 0 ] || fail "$kind: no size was too small: the test tests nothing"
  echo "$kind: full at $refused sizes, done at $size KiB, $failures failures, $SECONDS s"
}

fill tiny 24 12 60
if has_torch; then fill encoder 200 40 40; fi  # from where its files just fit
