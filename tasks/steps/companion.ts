/**
 * What the sidecar `builder` runs: a shell script for any image that has /bin/sh, mkfifo, cp, mv and rm. It comes as an argument of `sh -c`:
 * Tekton's `script` would cost one more container before the steps. So it holds no dollar sign before `(` or another dollar sign, which
 * Tekton and Kubernetes would rewrite.
 */
export const companion = `\
# Does in the builder's image what op asks for through the shared directory /builder, and holds no credential. A request is a line in
# the FIFO requests: the name of a directory in /builder. If it has a file argv (one argument a line), that program runs, with its
# output in the FIFO output, and its exit code goes to the file status. If not, everything that still runs is ended. What is ended
# may write to /builder as well: so the first request to run something brings a key behind the name, and with it in status op knows
# that everything has ended. An empty line ends all.
umask 022
trap 'exit 0' TERM INT HUP
# The image may have variables of these names, and programs would get their values.
unset key new
# Only the first process of a container can end everything in it.
read -r process rest </proc/self/stat
[ "$process" = 1 ] || exit 1
# Started again in the place of an ended container: nobody will ask.
[ ! -e /builder/about ] || exit 0

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
    # Until nobody is there to get the signal: the shell takes away the ended ones while it waits for one of its own.
    while kill -9 -1; do (:); done 2>/dev/null
    wait
    # What is still in the pipe, or stands in its place, was put there by what has just ended.
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
