#!/usr/bin/env bash
# Fetches a kernel that runs as a program of this system (User Mode Linux), for
# guest.sh.
#
#   guest-install.sh
#
# It comes from Debian's suite $PARKWAY_GUEST_SUITE (default: sid; its 7.2 is
# known to work, while 6.1 and 6.12 do not start on processors with AMX) and is
# put, with the C library it was built for, into CACHE/guest, where CACHE is
# $PARKWAY_CACHE, or /var/cache/parkway for root, or ~/.cache/parkway. Nothing is
# installed into the system, root is not needed. It takes 15 MB there. Delete
# CACHE/guest to have a newer one fetched. guest-clock.sh gives it an exact clock
# for CPU time, where it can.
#
# Exit status: 0 the kernel is there (its directory is printed), 3 it cannot be
# had on this machine (the reason is printed), 1 something broke.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
suite=${PARKWAY_GUEST_SUITE:-sid}
work= # directory under construction

# The kernel reads its own address space, so that it cannot be started through
# its dynamic linker as other programs can (mysql-install.sh): its copy looks for
# the linker in the current directory instead. The path's bytes are replaced in
# place.
readonly linker=/lib64/ld-linux-x86-64.so.2 local_linker=ld.so

# relocate FROM TO
relocate() {
  local fill
  fill=$(printf '\\x00%.0s' $(seq $((${#linker} - ${#local_linker}))))
  LC_ALL=C sed "s#${linker//./\\.}#$local_linker$fill#" "$1" > "$2"
  ! cmp -s "$1" "$2" || die "${1##*/} does not name $linker"
  chmod +x "$2"
}

main() {
  (($# == 0)) || die "takes no arguments"
  local cache target package libs
  cache=$(cache_dir)
  target=$cache/guest
  mkdir -p "$cache"
  # One at a time; the lock ends with this script.
  exec 9> "$cache/guest.lock"
  flock 9
  if [[ ! -x $target/linux ]]; then
    check_debian
    work=$cache/guest.new
    rm -rf "$work" "$target"
    trap 'rm -rf "$work"' EXIT
    fetch "$work" "$suite" user-mode-linux
    for package in "$work"/cache/archives/{user-mode-linux,libc6}_*.deb; do
      dpkg-deb -x "$package" "$work/root" || die "cannot unpack ${package##*/}"
    done
    mkdir "$work/guest"
    libs=$work/root/usr/lib/x86_64-linux-gnu
    cp "$libs/libc.so.6" "$work/guest/"
    cp "$libs/ld-linux-x86-64.so.2" "$work/guest/$local_linker"
    relocate "$work/root/usr/bin/linux.uml" "$work/guest/linux"
    (cd "$work/guest" && LD_LIBRARY_PATH=. ./linux --version > version 2>&1) ||
      skip "the fetched kernel does not run: $(tail -n 3 "$work/guest/version")"
    mv "$work/guest" "$target"
    say "installed into $target: Linux $(< "$target/version")"
  fi
  # Also one that was fetched before. Without it CPU time is counted in ticks.
  "$here/guest-clock.sh" "$target" || true
  echo "$target"
}

main "$@"
