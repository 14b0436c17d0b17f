#!/usr/bin/env bash
# Installs, with apt, the programs that tests, benches and `make run` need.
#
#   install.sh [PROGRAM...]
#
# Programs: mariadbd mariadb sysbench haproxy openssl (these five when none is
# named), gcc, ip. What is already there is left alone; when nothing is missing, nothing
# happens and root is not needed. No service is started.
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
log=

say() { echo "install.sh: $*" >&2; }
die() { say "$*"; exit 1; }

# The Debian packages that bring each program.
declare -A packages_of=(
  [mariadbd]=mariadb-server
  [mariadb]=mariadb-client
  [sysbench]=sysbench
  [haproxy]=haproxy
  [openssl]=openssl
  [gcc]="gcc libc6-dev"
  [ip]=iproute2
)

cleanup() {
  [[ ! $log ]] || rm -f "$log"
  if [[ ${policy_is_ours:-} ]]; then rm -f "$policy"; fi
}

# While /usr/sbin/policy-rc.d exits with 101, package scripts start no service.
# A policy that the system already has stays in charge.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  [[ ! -e $policy ]] || return 0
  policy_is_ours=1
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
}

apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" < /dev/null >> "$log" 2>&1; }

main() {
  local program missing=() wanted=() packages=()
  (($#)) || set -- mariadbd mariadb sysbench haproxy openssl
  for program in "$@"; do
    [[ ${packages_of[$program]:-} ]] || die "unknown program '$program'"
    command -v "$program" > /dev/null && continue
    read -ra wanted <<< "${packages_of[$program]}"
    missing+=("$program")
    packages+=("${wanted[@]}")
  done
  ((${#missing[@]})) || return 0

  command -v apt-get > /dev/null ||
    die "missing: ${missing[*]}. This script installs with apt only: install them by other means"
  ((EUID == 0)) ||
    die "missing: ${missing[*]}. Run this as root: apt-get install ${packages[*]}"

  say "installing ${packages[*]}"
  log=$(mktemp)
  trap cleanup EXIT
  forbid_services
  apt update || say "apt-get update failed, going on: $(tail -n 1 "$log")"
  apt install -y --no-install-recommends "${packages[@]}" || die "apt-get failed:
$(tail -n 20 "$log")"
  for program in "${missing[@]}"; do
    command -v "$program" > /dev/null || die "$program is still missing"
  done
  # shellcheck disable=SC2016 # the braces are dpkg-query's
  say "installed $(dpkg-query -W -f '${Package} ${Version}, ' "${packages[@]}" | sed 's/, $//')"
}

main "$@"
