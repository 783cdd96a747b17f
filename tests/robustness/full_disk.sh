#!/usr/bin/env bash
# A disk that is really full: the project lies on a small file system of its own (tmpfs in a private mount namespace). The run says
# so and ends 2 or 3; after space was made a plain `run` reaches the bytes of an undisturbed run.
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

tiny_project "$work/fresh"
cp -r "$work/fresh" "$work/reference"
run_in "$work/reference" run >"$work/reference.out" 2>"$work/reference.err" || { fail "the reference run ended $?"; exit 1; }
needed=$(du -sk "$work/reference" | cut -f1)
disk=$work/disk
mkdir "$disk"
refused=0
for ((size = 24; size <= needed + 400; size += size < 400 ? 12 : 60)); do
  mount -t tmpfs -o "size=${size}k" none "$disk"
  cp -r "$work/fresh" "$disk/project"
  status=0
  run_in "$disk/project" run >"$work/full.out" 2>"$work/full.err" || status=$?
  case $status in
    0) [ "$(store_listing "$disk/project")" = "$(store_listing "$work/reference")" ] || fail "$size KiB: ended 0 with other bytes in the store" ;;
    2 | 3)
      refused=$((refused + 1))
      grep -qiE 'no space left|disk is full|database or disk is full' "$work/full.err" || fail "$size KiB: does not name the full disk: $(cat "$work/full.err")"
      ;;
    *) fail "$size KiB: ended $status: $(cat "$work/full.err")" ;;
  esac
  mount -o remount,size=64m "$disk"
  expect_recovery "$size KiB" "$disk/project" "$work/reference"
  umount "$disk"
  if [ "$status" -eq 0 ]; then break; fi
done
[ "$refused" -gt 0 ] || fail "no size was too small: the test tests nothing"
echo "full at $refused sizes, done at $size KiB, $failures failures, $SECONDS s"
