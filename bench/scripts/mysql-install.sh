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

# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
suite=${PARKWAY_MYSQL_SUITE:-sid}
programs=(mysqld mysql mysqladmin mysqldump mysqlslap mysqlbinlog)
work= # directory under construction

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

  check_debian
  work=$cache/mysql.new
  rm -rf "$work" "$target"
  trap 'rm -rf "$work"' EXIT
  fetch "$work" "$suite" mysql-server-core mysql-client-core
  unpack
  make_commands
  version=$("$work/bin/mysqld" --no-defaults --version 2>&1) || skip "the fetched server does not run here: $version"
  rm -rf "$work"/{state,cache,sources.list,apt.conf,log}
  chmod -R a+rX "$work"
  mv "$work" "$target"
  say "installed into $target: ${version#*mysqld  }"
}

main "$@"
