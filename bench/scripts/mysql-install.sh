#!/usr/bin/env bash
# Fetches a real MySQL server and its client programs for tests, on a Debian or
# a relative that has none in its own archive.
#
#   mysql-install.sh
#
# The packages come from Debian's suite $PARKWAY_MYSQL_SUITE (default: sid) and
# are unpacked, with the C library they were built for, into
#
#   CACHE/mysql/root    the packages' files
#   CACHE/mysql/bin     commands that start them: mysqld, mysql, mysqldump, ...
#
# where CACHE is $PARKWAY_CACHE, or /var/cache/parkway for root, or
# ~/.cache/parkway. Nothing is installed into the system, root is not needed.
# It takes 400 MB there, and 600 MB while it works. Delete CACHE/mysql to have
# a newer version fetched.
#
# Exit status: 0 MySQL is there, 3 it cannot be had on this machine (the reason
# is printed), 1 something broke.
set -euo pipefail

readonly unavailable=3
suite=${PARKWAY_MYSQL_SUITE:-sid}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
programs=(mysqld mysql mysqladmin mysqldump mysqlslap mysqlbinlog)
work= # directory under construction

say() { echo "mysql-install.sh: $*" >&2; }
die() { say "$*"; exit 1; }
skip() { say "MySQL cannot be had here: $*"; exit "$unavailable"; }

# The same directory as cacheDir in bench/servers/cache.go.
cache_dir() {
  if [[ ${PARKWAY_CACHE:-} ]]; then
    realpath -m "$PARKWAY_CACHE"
  elif ((EUID == 0)); then
    echo /var/cache/parkway
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/parkway"
  fi
}

# mirror: the Debian mirror that apt already uses, which a firewall or a proxy
# lets through, else Debian's own.
mirror() {
  local found
  found=$(apt-get --print-uris update 2> /dev/null |
    sed -nE "s#^'(.*/debian)/dists/[^/]+/InRelease'.*#\1#p" | head -n 1) || true
  echo "${found:-http://deb.debian.org/debian}"
}

check_machine() {
  local tool
  for tool in apt-get dpkg dpkg-deb; do
    command -v "$tool" > /dev/null || skip "$tool is missing (this needs Debian or a relative)"
  done
  [[ $(dpkg --print-architecture) == amd64 ]] || skip "only amd64 is supported, this is $(dpkg --print-architecture)"
  [[ -r $keyring ]] || skip "$keyring is missing (package debian-archive-keyring)"
}

# fetch: downloads the packages and all they depend on into $work/cache/archives,
# by an apt that knows of no installed package and of no suite but ours.
fetch() {
  local from
  from=$(mirror)
  say "fetching MySQL from $from $suite"
  mkdir -p "$work"/{state/lists/partial,cache/archives/partial}
  echo "deb [signed-by=$keyring] $from $suite main" > "$work/sources.list"
  # A mirror that lags behind has expired indexes, which are good enough here;
  # signatures are still checked.
  cat > "$work/apt.conf" << CONF
Acquire::Check-Valid-Until "false";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$work/state";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
APT::Keep-Downloaded-Packages "true";
Binary::apt-get::APT::Keep-Downloaded-Packages "true";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
CONF
  local apt=(env "APT_CONFIG=$work/apt.conf" apt-get -qq)
  {
    "${apt[@]}" update &&
      "${apt[@]}" install -y --download-only --no-install-recommends mysql-server-core mysql-client-core
  } < /dev/null > "$work/log" 2>&1 || skip "apt cannot fetch it: $(tail -n 3 "$work/log")"
}

# unpack: the packages' files into $work/root.
unpack() {
  local package
  for package in "$work"/cache/archives/*.deb; do
    case ${package##*/} in
      perl* | libperl*) ;; # for helper scripts that are not used
      *) dpkg-deb -x "$package" "$work/root" || die "cannot unpack ${package##*/}" ;;
    esac
  done
}

# make_commands: one command in $work/bin for each program in $work/root. A
# program needs the libraries it came with, so its own dynamic linker starts it.
make_commands() {
  local name path
  mkdir -p "$work/bin"
  for name in "${programs[@]}"; do
    for path in "usr/bin/$name" "usr/sbin/$name"; do
      [[ -x $work/root/$path ]] || continue
      cat > "$work/bin/$name" << COMMAND
#!/bin/sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")/root
exec "\$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "\$root/usr/lib/x86_64-linux-gnu" "\$root/$path" "\$@"
COMMAND
      chmod +x "$work/bin/$name"
    done
  done
}

main() {
  (($# == 0)) || die "takes no arguments"
  local cache target version
  cache=$(cache_dir)
  target=$cache/mysql
  mkdir -p "$cache"
  # One at a time; the lock ends with this script.
  exec 9> "$cache/mysql.lock"
  flock 9
  [[ ! -x $target/bin/mysqld ]] || return 0

  check_machine
  work=$cache/mysql.new
  rm -rf "$work" "$target"
  trap 'rm -rf "$work"' EXIT
  fetch
  unpack
  make_commands
  version=$("$work/bin/mysqld" --no-defaults --version 2>&1) || skip "the fetched server does not run here: $version"
  rm -rf "$work"/{state,cache,sources.list,apt.conf,log}
  chmod -R a+rX "$work"
  mv "$work" "$target"
  say "installed into $target: ${version#*mysqld  }"
}

main "$@"
