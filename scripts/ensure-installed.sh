#!/bin/sh
# Installs the dependencies where they are missing or differ from package-lock.json, then makes sure that Node 24 runs.
set -eu
cd "$(dirname "$0")/.."

installed=node_modules/.installed-lock.json
if ! cmp -s package-lock.json "$installed"; then
  echo 'p2i: installing dependencies' >&2
  npm ci --no-progress --loglevel=error >&2
  # npm 10 gives up the link that the packages of all processors share, because it cannot install the other ones.
  for binary in node_modules/node-linux-*/bin/node; do
    if [ -x "$binary" ]; then ln -sf "../${binary#node_modules/}" node_modules/.bin/node; fi
  done
  cp package-lock.json "$installed"
fi

# Linux gets Node 24 from node_modules; elsewhere the machine's own Node has to be new enough.
PATH="$PWD/node_modules/.bin:$PATH"
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 24 ]; then
  echo "p2i: Node 24 or newer is needed and could not be installed here; found $(node --version)" >&2
  exit 1
fi
