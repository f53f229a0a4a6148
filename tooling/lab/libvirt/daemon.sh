# shellcheck shell=bash
# Sourced by up, down and status of this server, after state.sh.
export uri=qemu:///system
export network=spawnkit
export state=$SPAWNKIT_LAB/libvirt

answers() { timeout 70 virsh -q -c "$uri" version >/dev/null 2>&1; }

log_daemon_answers() { timeout 5 virt-admin -q -c virtlogd:///system srv-list >/dev/null 2>&1; }

network_active() { virsh -q -c "$uri" net-list --name 2>/dev/null | grep -qx "$1"; }
