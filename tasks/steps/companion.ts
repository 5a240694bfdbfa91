/**
 * What the sidecar `builder` runs: a shell script for any image that has /bin/sh, mkfifo, cp and mv. It comes as an argument of `sh -c`:
 * Tekton's `script` would cost one more container before the steps. So it holds no dollar sign before `(` or another dollar sign, which
 * Tekton and Kubernetes would rewrite.
 */
export const companion = `\
# Does in the builder's image what op asks for through the shared directory /builder, and holds no credential. A request is a line in
# the FIFO requests: the name of a directory in /builder. If it has a file argv (one argument a line), that program runs, with its
# output in the FIFO output; if not, everything that still runs is ended. The exit code goes to the file status. An empty line
# ends all.
umask 022
trap 'exit 0' TERM INT HUP
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

read -r process rest </proc/self/stat
job=
while IFS= read -r name <&3; do
  [ -n "$name" ] || exit 0
  request=/builder/$name
  if [ -f "$request/argv" ]; then
    run &
    job=$!
  else
    # As the first process of its container it can end everything: what a build left running must not see the next one.
    if [ "$process" = 1 ]; then kill -9 -1; elif [ -n "$job" ]; then kill -9 "$job"; fi 2>/dev/null
    wait
    echo 0 >"$request/status.part"
    mv "$request/status.part" "$request/status"
  fi
done
`;
