/**
 * The command of the sidecar `builder`, for any image that has a shell, mkdir, mkfifo, chmod, cp, mv and rm. Its scripts are arguments
 * of `sh -c`, because Tekton's `script` would need one more container before the steps. So they must not have a dollar sign before `(`
 * or another dollar sign, which Tekton and Kubernetes would rewrite.
 * @param shell runs both scripts
 */
export const builderAgent = (shell = '/bin/sh'): readonly [string, ...string[]] => [shell, '-c', start, shell, agent];

/**
 * The code of a build has the same user as the agent. Linux lets a process read and change the memory of others of its user, unless Yama
 * forbids it or these are not "dumpable": after they executed a file that the user may not read. What they fork is not dumpable either,
 * until it executes another file. Source: ptrace(2), "Ptrace access mode checking"; prctl(2), PR_SET_DUMPABLE.
 */
const start = `\
# Runs the builder agent in a copy of the shell that its user may execute but not read: so no other process of that user can read
# op's key in the memory of the agent. Nothing of a build runs yet. If that is impossible, the reason is left for op, and nothing runs.
umask 022
# The container was restarted: op will send no more requests.
[ ! -e /builder/about ] || exit 0
mkdir -p /builder/about.part
if {
  cp -f "$0" /builder/sh && chmod 0111 /builder/sh && /builder/sh -c '
    read -r process rest </proc/self/stat
    if (: <"/proc/$process/environ") 2>/dev/null; then
      echo "a process can read the memory of another one that executes a file without read permission" >&2
      exit 1
    fi'
} 2>/builder/about.part/refusal; then
  rm -r /builder/about.part
  exec /builder/sh -c "$1"
fi
mv /builder/about.part /builder/about
`;

const agent = `\
# Runs programs in the builder's image for op, which sends requests through the shared directory /builder. It has no credentials.
# A request is a line in the FIFO requests: the name of a directory in /builder. If that has a file argv (one argument per line), the
# program runs with its output in the FIFO output, and its exit code goes to the file status. If not, everything that still runs is
# ended. Those processes can write to /builder too: so the first request to run something has a key after the name, and op trusts only
# a status with that key. An empty line ends this script.
umask 022
trap 'exit 0' TERM INT HUP
# The image may set variables with these names, and programs would inherit them.
unset key new
# Only the first process of a container can end all others.
read -r process rest </proc/self/stat
[ "$process" = 1 ] || exit 1
rm -f /builder/sh

mkdir /builder/about.part
for file in /cnb/*.toml /cnb/lifecycle/lifecycle.toml; do
  if [ -f "$file" ]; then cp "$file" /builder/about.part/; fi
done
for buildpack in /cnb/buildpacks/*/*; do
  if [ -d "$buildpack" ]; then echo "$buildpack"; fi
done >/builder/about.part/buildpacks.list
mkfifo /builder/requests
exec 3<>/builder/requests
mv /builder/about.part /builder/about

run() {
  set --
  while IFS= read -r word; do set -- "$@" "$word"; done <"$request/argv"
  "$@" >"$request/output" 2>&1 </dev/null 3>&-
  echo "$?" >"$request/status.part"
  mv "$request/status.part" "$request/status"
}

key=
while IFS=' ' read -r name new <&3; do
  [ -n "$name" ] || exit 0
  request=/builder/$name
  if [ -f "$request/argv" ]; then
    key=\${key:-$new}
    run &
  else
    # Until there is no process left to get the signal: the shell reaps ended processes while it waits for its own.
    while kill -9 -1; do (:); done 2>/dev/null
    wait
    # The processes that just ended may have written to the pipe, or replaced it.
    exec 3>&-
    rm -rf /builder/requests
    mkfifo /builder/requests
    exec 3<>/builder/requests
    echo "$key" >"$request/status.part"
    key=
    mv "$request/status.part" "$request/status"
  fi
done
`;
