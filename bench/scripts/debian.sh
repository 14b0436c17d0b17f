# shellcheck shell=bash
# For scripts that fetch programs from a suite of Debian other than the system's, without installing anything: to be sourced.
#
# The script's name goes before what it says. Exit status 3 means that something cannot be had on this machine.

readonly unavailable=3

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }
skip() { say "cannot be had here: $*"; exit "$unavailable"; }

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

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# check_debian: skips where packages of Debian for this processor are of no use.
check_debian() {
  local tool
  for tool in apt-get dpkg dpkg-deb; do
    command -v "$tool" > /dev/null || skip "$tool is missing (this needs Debian or a relative)"
  done
  [[ $(dpkg --print-architecture) == amd64 ]] || skip "only amd64 is supported, this is $(dpkg --print-architecture)"
  [[ -r $keyring ]] || skip "$keyring is missing (package debian-archive-keyring)"
}

# mirror: the Debian mirror that apt already uses, which a firewall or a proxy
# lets through, else Debian's own.
mirror() {
  local found
  found=$(apt-get --print-uris update 2> /dev/null |
    sed -nE "s#^'(.*/debian)/dists/[^/]+/InRelease'.*#\1#p" | head -n 1) || true
  echo "${found:-http://deb.debian.org/debian}"
}

# fetch WORK SUITE PACKAGE...: downloads the packages and all they depend on
# into WORK/cache/archives, by an apt that knows of no installed package and of
# no suite but that.
fetch() {
  local work=$1 suite=$2 from
  shift 2
  from=$(mirror)
  say "fetching $* from $from $suite"
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
    "${apt[@]}" update && "${apt[@]}" install -y --download-only --no-install-recommends "$@"
  } < /dev/null > "$work/log" 2>&1 || skip "apt cannot fetch it: $(tail -n 3 "$work/log")"
}
