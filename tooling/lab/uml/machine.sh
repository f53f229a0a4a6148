# shellcheck shell=bash
# Sourced by the scripts of this directory, after state.sh: Linux as a process of its own (user-mode Linux), below $state.
export state=$SPAWNKIT_LAB/uml
# The kernel's modules with their dependencies, as modprobe wants them.
export modules=$state/modules
uml_modules=/usr/lib/uml/modules

# The release of the installed kernel, which names the directory of its modules.
uml_release() {
  local directory
  for directory in "$uml_modules"/*/; do
    [ -d "$directory/kernel" ] && basename "$directory" && return
  done
  return 1
}

require_uml() {
  local program
  [ "$(id -u)" = 0 ] || fail 5 "user-mode Linux works on this host's files, and is started by root"
  for program in linux.uml depmod setsid; do
    command -v "$program" >/dev/null || fail 5 "$program is missing. Install it: tooling/setup/debian base uml"
  done
  uml_release >/dev/null || fail 5 "there are no modules below $uml_modules. Install them: tooling/setup/debian uml"
}

# Prints the record of each machine that runs.
running_machines() {
  local record
  for record in "$state"/run-*/machine.pid; do
    if [ -e "$record" ] && ours "$record" >/dev/null; then echo "$record"; fi
  done
}

# end_machine RECORD: a machine is a process group: its kernel, and a process of this host for each of its own.
end_machine() {
  local pid
  pid=$(ours "$1") || return 0
  kill -KILL -- "-$pid" 2>/dev/null || true
  within 10 group_is_gone "$pid" || say "machine $pid could not be ended within 10 s"
}

group_is_gone() { ! kill -0 -- "-$1" 2>/dev/null; }
