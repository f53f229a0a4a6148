# shellcheck shell=bash
# Sourced by up, down and status of this server, after state.sh: OpenStack's image service, alone.
export state=$SPAWNKIT_LAB/glance
export conf=$state/glance-api.conf
export port=19292
export url=http://127.0.0.1:$port
# Debian's: its Python packages are of no use to another one.
export python=/usr/bin/python3

answers() { [ "$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$url/healthcheck")" = 200 ]; }
