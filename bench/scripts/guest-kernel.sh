# shellcheck shell=bash
# How guest.sh and guest-clock.sh start the guest's kernel: to be sourced.

# guest_kernel SECONDS HOME CONTROL MEMORY INIT TMP: becomes the kernel that is in HOME, whose first process is INIT, a script of this system,
# and which is ended after so long. Its memory is a file in TMP; what it says goes to CONTROL/console.
guest_kernel() {
  cd "$2" || exit
  exec timeout -k 5 "$1" env -i LD_LIBRARY_PATH=. TMPDIR="$6" HOME="$3" PATH="$PATH" \
    ./linux mem="$4" seccomp=auto root=/dev/root rootfstype=hostfs hostfs=/ rw init="$5" \
    uml_dir="$3/uml" panic=1 quiet con=null ssl=null con0=null,fd:1 < /dev/null > "$3/console" 2>&1
}
