# shellcheck shell=bash
# Sourced by the scripts beside it: where the lab's Open vSwitch lies. libvirt calls a plain ovs-vsctl, so its sockets have
# to be in the default place.
# shellcheck disable=SC2034 # used by who sources this
state=$SPAWNKIT_LAB/ovs
run=/var/run/openvswitch

answers() { timeout 5 ovs-vsctl --timeout=3 show >/dev/null 2>&1; }
