#!/usr/bin/env bash
# Runs a command in a small guest, whose kernel is a program of this system (User
# Mode Linux) and whose limits are its own: a process may have a million
# descriptors there, whatever it may have here.
#
#   guest.sh [-t SECONDS] [-w DIR] MEMORY COMMAND [ARGUMENT]...
#
#   -t  the guest is ended after so long, default 600, with exit status 124
#   -w  a directory that the command may write
#   MEMORY  of the guest: 6G
#
# The command runs as root of the guest, in the current directory, on one
# processor that is some ten times slower at system calls than this machine's,
# so that its times compare only with one another. It sees the files of this
# system, and may write only DIR, /tmp, /var/tmp, /run and /dev/shm; all but DIR are
# empty at first, in the guest's memory, and gone at the end. There is no network
# but the loopback. Input is empty; output and error output come out together. Of
# the environment there are PATH, and PARKWAY_GUEST_HOST, which describes this machine.
#
# Each page of a guest process is a mapping of a process here, unless it lies beside
# its neighbour: where vm.max_map_count is 65530, a guest process that needs more than 250 MiB may
# crash. With PARKWAY_GUEST_MAPS=1, root, and such a setting it is raised while the guest
# runs, and put back.
#
# Exit status: the command's; 124 the time was up; 3 there can be no guest on
# this machine (the reason is printed); 1 something broke.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$here/debian.sh"
# shellcheck source-path=SCRIPTDIR source=guest-kernel.sh
. "$here/guest-kernel.sh"
readonly map_setting=/proc/sys/vm/max_map_count

limit=600 writable='' control='' kernel='' maps_before=''

# shellcheck disable=SC2317 # a trap calls it
cleanup() {
  if [[ $kernel ]]; then kill "$kernel" 2> /dev/null || true; wait "$kernel" || true; fi
  if [[ $maps_before ]]; then echo "$maps_before" > "$map_setting"; fi
  if [[ $control ]]; then rm -rf "$control"; fi
}

# room KIB: a directory for the guest's memory, which is a sparse file.
room() {
  local dir free
  for dir in /dev/shm "${TMPDIR:-/tmp}"; do
    free=$(df --output=avail "$dir" 2> /dev/null | tail -n 1) || continue
    ((free < $1)) || { echo "$dir"; return; }
  done
  skip "neither /dev/shm nor ${TMPDIR:-/tmp} has $(($1 >> 20)) GiB for the guest's memory"
}

# allow_maps KIB: one mapping for each page of the guest, if that is asked for.
allow_maps() {
  local need=$(($1 / 4)) now
  now=$(< "$map_setting")
  ((now < need)) || return 0
  if [[ ${PARKWAY_GUEST_MAPS:-} && -w $map_setting ]]; then
    say "vm.max_map_count is $need instead of $now while the guest runs"
    maps_before=$now
    echo "$need" > "$map_setting"
  else
    say "vm.max_map_count is $now: a guest process that needs more than $((now / 256)) MiB may crash (PARKWAY_GUEST_MAPS=1 raises it)"
  fi
}

# host: a few words about this machine, for whoever writes down what was measured.
host() {
  local cpu
  cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
  echo "$(nproc) cores (${cpu:-unknown}), Linux $(uname -r), load average $(cut -d ' ' -f 1-3 /proc/loadavg)"
}

# write_init: the guest's first process, which prepares it, runs the command and
# turns the guest off. It runs with the files of this system, that of the command's
# status and output among them.
write_init() {
  {
    printf '#!/bin/bash\ncontrol=%q cwd=%q writable=%q\n' "$control" "$PWD" "$writable"
    printf 'command=(env -i HOME=/root TERM=dumb LANG=C.UTF-8 PATH=%q PARKWAY_GUEST_HOST=%q' "$PATH:/usr/sbin:/sbin" "$(host)"
    printf ' %q' "$@"
    printf ')\n'
    cat << 'INIT'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
prepare() {
  mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run || return
  ln -s /proc/self/fd /dev/fd
  ln -s fd/0 /dev/stdin; ln -s fd/1 /dev/stdout; ln -s fd/2 /dev/stderr
  # What is needed of the directories that are hidden next.
  mkdir -p /run/keep/{control,cwd,writable} /dev/shm
  mount --bind "$control" /run/keep/control && mount --bind "$cwd" /run/keep/cwd || return
  [[ ! $writable ]] || mount --bind "$writable" /run/keep/writable || return
  mount -o remount,bind,ro / && mount -o remount,bind,ro /run/keep/cwd || return
  for dir in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777 tmpfs "$dir" || return; done
  mkdir -p "$cwd" "$writable" 2> /dev/null
  mount --bind /run/keep/cwd "$cwd" || return
  [[ ! $writable ]] || mount --bind /run/keep/writable "$writable" || return
  ip link set lo up || return
  pages=$(($(awk '/^MemTotal:/ {print $2}' /proc/meminfo) / 4))
  while read -r name value; do echo "$value" > "/proc/sys/$name" || return; done << SETTINGS
fs/nr_open 2000000
fs/file-max 4000000
vm/max_map_count 1000000
net/core/somaxconn 65535
net/core/netdev_max_backlog 65535
net/ipv4/tcp_max_syn_backlog 65535
net/ipv4/ip_local_port_range 10000 65000
net/ipv4/tcp_mem $((pages / 4)) $((pages / 3)) $((pages / 2))
SETTINGS
  ulimit -n 1000000
}
if prepare < /dev/null > /dev/console 2>&1; then
  cd "$cwd"
  setsid "${command[@]}" < /dev/null > /run/keep/control/output 2>&1
  echo $? > /run/keep/control/status
fi
sync
echo o > /proc/sysrq-trigger
sleep 60
INIT
  } > "$control/init"
  chmod +x "$control/init"
}

main() {
  local option memory kib home tmp status=0
  while getopts t:w: option; do
    case $option in
      t) limit=$OPTARG ;;
      w) writable=$(realpath -e "$OPTARG") || die "-w $OPTARG: no such directory" ;;
      *) die "usage: guest.sh [-t SECONDS] [-w DIR] MEMORY COMMAND [ARGUMENT]..." ;;
    esac
  done
  shift $((OPTIND - 1))
  (($# >= 2)) || die "usage: guest.sh [-t SECONDS] [-w DIR] MEMORY COMMAND [ARGUMENT]..."
  [[ $1 =~ ^([0-9]+)G$ ]] || die "memory: a number of gibibytes like 6G, not '$1'"
  memory=$1 kib=$((BASH_REMATCH[1] << 20))
  shift
  home=$("$here/guest-install.sh") || exit $?
  "$here/install.sh" ip
  tmp=$(room "$kib") || exit $?

  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  control=$(mktemp -d)
  : > "$control/output"
  allow_maps "$kib"
  write_init "$@"
  # The kernel keeps a file here open for each that is open there.
  ulimit -Sn "$(ulimit -Hn)"
  (guest_kernel "$limit" "$home" "$control" "$memory" "$control/init" "$tmp") &
  kernel=$!
  tail -n +1 -s 0.2 -f --pid="$kernel" "$control/output"
  wait "$kernel" || status=$?
  kernel=
  if [[ -s $control/status ]]; then exit "$(< "$control/status")"; fi
  if ((status == 124 || status == 137)); then
    say "the guest was ended after $limit s"
    exit 124
  fi
  tail -n 20 "$control/console" >&2
  skip "the guest ended by itself (status $status)"
}

main "$@"
