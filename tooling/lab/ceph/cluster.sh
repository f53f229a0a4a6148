# shellcheck shell=bash
# Sourced by up, down and status of this server, after state.sh: a Ceph cluster of one node, below $state.
export state=$SPAWNKIT_LAB/ceph
export conf=$state/ceph.conf
export monitor_v1=16789
export monitor_v2=16790
export libvirt_uri=qemu:///system

admin() { timeout 30 ceph -c "$conf" --connect-timeout 10 "$@"; }

# By `rbd`, and not by `ceph`, which is Python and takes 200 ms to load.
answers() { [ -f "$conf" ] && timeout 10 rbd -c "$conf" --id nova ls vms >/dev/null 2>&1; }

placement_groups_active() {
  [[ "$(admin pg stat 2>/dev/null)" =~ ^([0-9]+)\ pgs:\ ([0-9]+)\ active\+clean\; ]] && [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
}

libvirt_answers() { command -v virsh >/dev/null && timeout 10 virsh -q -c "$libvirt_uri" version >/dev/null 2>&1; }
