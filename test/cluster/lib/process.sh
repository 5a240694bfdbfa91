# shellcheck shell=bash
# Starts and stops the cluster's programs. Each is recorded as "pid start-time" in $run/pids/NAME by the program's own process before it
# becomes the program, so that an interrupted `up` loses none, and a reused process id is never mistaken for it.

start_time() { # PID -> ticks since boot, or nothing (field 22 of stat; the name before it may hold blanks)
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" != Z ] && echo "${20}"
}

alive() { # NAME
  local pid started
  read -r pid started 2>/dev/null <"$run/pids/$1" || return 1
  [ "$(start_time "$pid")" = "$started" ]
}

start() { # NAME COMMAND...: in the cluster's network namespace, unless it runs already
  local program=$1
  shift
  alive "$program" && return
  note=started
  rm -f "$run/pids/$program"
  # File descriptor 8 is up's lock: a program that inherited it would hold it forever.
  # Most programs are written in Go, and a fifth of the API server's time is garbage collection: memory is cheaper here than cores.
  (cd "$run" && GOGC=300 exec setsid nsenter --net="/run/netns/$name" bash -c '
    stat=$(cat /proc/$$/stat); stat=${stat##*) }; set -- "$stat" "$@"; fields=($1); pid_file=$2; shift 2
    echo "$$ ${fields[19]}" >"$pid_file.part" && mv "$pid_file.part" "$pid_file"
    exec "$@"' start "$run/pids/$program" "$@") >"$run/log/$program.log" 2>&1 </dev/null 8>&- &
  local i
  for i in {1..50}; do
    [ -f "$run/pids/$program" ] && return
    sleep 0.02
  done
  die "starting $program failed" "no process started ($i tries)" "see $run/log/$program.log"
}

wait_for_program() { # NAME SECONDS WHAT COMMAND...: like wait_for, for a program that `start` started; fails at once when it has exited
  local program=$1 deadline=$((SECONDS + $2)) what=$3 logs
  logs="look into $run/log/$program.log ($rig/log after test/cluster/down)"
  shift 3
  until "$@" >/dev/null 2>&1; do
    alive "$program" || die "$what did not come up: $program has exited" "$(last_lines "$program")" "$logs"
    [ $SECONDS -lt $deadline ] || die "$what did not come up in time" "$(last_lines "$program")" "$logs"
    sleep 0.2
  done
}

last_lines() { # NAME: the end of a program's log, in one line
  local lines
  lines=$(tail -n 3 "$run/log/$1.log" | tr '\n' ' ')
  echo "${lines:-$1 logged nothing}"
}

stop() { # NAME...: asks each to end, waits at most 3 s, then kills it: none of their data is kept
  local program pid started i
  for program in "$@"; do
    alive "$program" && read -r pid started <"$run/pids/$program" && kill "$pid" 2>/dev/null
  done
  for program in "$@"; do
    for i in {1..30}; do
      alive "$program" || break
      sleep 0.1
    done
    if alive "$program" && read -r pid started <"$run/pids/$program"; then kill -9 "$pid" 2>/dev/null; fi
    rm -f "$run/pids/$program"
  done
  : "${started:-}" "${i:-}"
}
