# shellcheck shell=bash
# Sourced by the lab's scripts: where state lies, and which processes are the lab's own.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export SPAWNKIT_LAB=${SPAWNKIT_LAB:-$repository/.lab}

say() { echo "lab: $*" >&2; }

# fail CODE MESSAGE…
fail() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

# The start time of process PID in clock ticks after boot: with the pid it names one process, even after the pid is reused.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name in parentheses may contain blanks, so count from behind it: start time is field 22, the 20th from there.
  # shellcheck disable=SC2086 # fields
  set -- ${stat##*) }
  # Ended, but its parent has not asked for the outcome yet.
  [ "$1" != Z ] || return 1
  echo "${20}"
}

# remember RECORD PID: writes down that this process is ours.
remember() {
  mkdir -p "$(dirname "$1")"
  echo "$2 $(start_time "$2")" >"$1"
}

# ours RECORD: prints the pid when the remembered process still lives.
ours() {
  local pid start
  read -r pid start 2>/dev/null <"$1" || return 1
  [ "$(start_time "$pid")" = "$start" ] || return 1
  echo "$pid"
}

# end RECORD SECONDS: SIGTERM to the remembered process, SIGKILL when it does not end in time. Nothing when it is gone.
end() {
  local pid tenths=$(($2 * 10))
  if pid=$(ours "$1"); then
    kill -TERM "$pid"
    while [ "$tenths" -gt 0 ] && ours "$1" >/dev/null; do
      sleep 0.1
      tenths=$((tenths - 1))
    done
    if ours "$1" >/dev/null; then
      say "process $pid did not end within $2 s of SIGTERM, killing it"
      kill -KILL "$pid"
    fi
  fi
  rm -f "$1"
}

# within SECONDS COMMAND…: repeats the command until it succeeds; fails when the time is over.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}
