#!/usr/bin/env bash
# Gives the guest's kernel (guest-install.sh) an exact clock for CPU time.
#
#   guest-clock.sh HOME
#
# HOME is the directory of the kernel. User Mode Linux has no sched_clock() of its
# own: the kernel's generic one counts jiffies, and so does everything that is made
# of it, schedstat and the CPU clocks of clock_gettime(2) too. A process that runs
# for less than 10 ms has run for nothing, or for 10 ms. The kernel does have
# this system's clock, in nanoseconds: os_nsecs(), which its timers use. A jump to
# that is written over the beginning of sched_clock(). The kernel says where
# they are, in /proc/kallsyms, and is tried before it replaces the other.
#
# Exit status: 0 done, before or now; 1 it could not be done (the reason is
# printed), and the kernel is as it was.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
# shellcheck source-path=SCRIPTDIR source=guest-kernel.sh
. "$here/guest-kernel.sh"

readonly base=0x60000000 # where the program begins in its memory; it is not relocatable
control='' work='' # directories of this script's own

# inside HOME COMMAND...: runs a line of bash in the guest, and prints what it prints.
inside() {
  local home=$1
  shift
  {
    printf '#!/bin/bash\nmount -t proc proc /proc\n{ %s; } > %q\n' "$*" "$control/answer"
    printf 'sync\necho o > /proc/sysrq-trigger\nsleep 60\n'
  } > "$control/init"
  chmod +x "$control/init"
  rm -f "$control/answer"
  (guest_kernel 60 "$home" "$control" 256M "$control/init" "${TMPDIR:-/tmp}") ||
    die "the guest ended: $(tail -n 3 "$control/console")"
  cat "$control/answer"
}

# redirect FILE FROM TO: writes a jump from one address to the other.
redirect() {
  local distance=$(($3 - ($2 + 5))) bytes='\xe9' shift
  for shift in 0 8 16 24; do
    printf -v bytes '%s\\x%02x' "$bytes" $((distance >> shift & 0xff))
  done
  # shellcheck disable=SC2059 # these are escapes
  printf "$bytes" | dd of="$1" bs=1 seek=$(($2 - base)) conv=notrunc status=none
}

main() {
  (($# == 1)) || die "usage: guest-clock.sh HOME"
  local home=$1 symbols from to ran
  [[ ! -e $home/clock ]] || return 0
  control=$(mktemp -d) work=$home.clock
  trap 'rm -rf "$control" "$work"' EXIT
  # One line each, "address type name"; the address is 0 where it is kept secret.
  symbols=$(inside "$home" "grep -E ' (sched_clock|os_nsecs)$' /proc/kallsyms")
  from=0x$(awk '$3 == "sched_clock" {print $1}' <<< "$symbols")
  to=0x$(awk '$3 == "os_nsecs" {print $1}' <<< "$symbols")
  ((from > base && to > base)) 2> /dev/null || die "the kernel does not say where its clocks are"

  rm -rf "$work"
  cp -r "$home" "$work"
  redirect "$work/linux" "$from" "$to"
  # Of the shell there: nanoseconds on the processor.
  # shellcheck disable=SC2016 # it is the guest's variable
  ran=$(inside "$work" 'read -r ran _ < /proc/self/schedstat; echo "$ran"')
  ((ran % 1000000)) || die "the kernel still counts CPU time in ticks: $ran ns"
  mv "$work/linux" "$home/linux"
  echo "os_nsecs instead of sched_clock" > "$home/clock"
  say "the guest's kernel counts CPU time in nanoseconds"
}

main "$@"
