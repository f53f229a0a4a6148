# shellcheck shell=bash
# Sourced by `up`: writes a new cluster's configuration, keys and data directories.
# shellcheck disable=SC2154 # state, conf, monitor_v1, monitor_v2 come from cluster.sh

write_configuration() {
  cat >"$conf" <<CONF
[global]
fsid = $(cat "$state/fsid")
mon initial members = a
mon host = [v2:127.0.0.1:$monitor_v2,v1:127.0.0.1:$monitor_v1]
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon warn on pool no redundancy = false
mon data avail warn = 2
mon data avail crit = 1
run dir = $state/run
log file = $state/log/\$name.log
admin socket = $state/run/\$name.\$pid.asok
pid file = $state/run/\$name.pid
keyring = $state/keyring.\$type.\$id
[client]
log file = /dev/null
admin socket =
[mon]
mon data = $state/mon.\$id
[mgr]
mgr data = $state/mgr.\$id
keyring = $state/mgr.\$id/keyring
mgr initial modules =
[osd]
osd data = $state/osd.\$id
keyring = $state/osd.\$id/keyring
osd objectstore = bluestore
bluestore block create = true
bluestore block size = 10737418240
osd memory target = 939524096
bluestore cache autotune = false
bluestore cache size = 134217728
CONF
}

# The keys of the monitor and the administrator, before there is anybody to ask for others.
write_first_keys() {
  local admin_key=$state/keyring.client.admin
  ceph-authtool -C "$state/keyring.mon" -g -n mon. --cap mon 'allow *'
  ceph-authtool -C "$admin_key" -g -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mds 'allow *' --cap mgr 'allow *'
  ceph-authtool "$state/keyring.mon" --import-keyring "$admin_key"
}

# make_monitor: its data directory, by the monitor map
make_monitor() {
  monmaptool --create --clobber --fsid "$(cat "$state/fsid")" --addv a "[v2:127.0.0.1:$monitor_v2,v1:127.0.0.1:$monitor_v1]" "$state/monmap"
  ceph-mon -c "$conf" --mkfs -i a --monmap "$state/monmap" --keyring "$state/keyring.mon"
  cp "$state/keyring.mon" "$state/mon.a/keyring"
}

# With the monitor up: the keys of the manager, and of what Nova and Glance are to Ceph.
# Glance may look for clones in the pool of the disks, or it cannot tell that an image is in use.
make_keys() {
  admin auth get-or-create mgr.a mon 'allow profile mgr' osd 'allow *' mds 'allow *' >"$state/mgr.a/keyring"
  admin auth get-or-create client.nova mon 'profile rbd' mgr 'profile rbd' \
    osd 'profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images' >"$state/keyring.client.nova"
  admin auth get-or-create client.glance mon 'profile rbd' mgr 'profile rbd' \
    osd 'profile rbd pool=images, profile rbd-read-only pool=vms' >"$state/keyring.client.glance"
}

make_storage_daemon() {
  local uuid key
  uuid=$(cat /proc/sys/kernel/random/uuid)
  key=$(ceph-authtool --gen-print-key)
  echo "{\"cephx_secret\":\"$key\"}" | admin osd new "$uuid" -i -
  ceph-authtool -C "$state/osd.0/keyring" -n osd.0 --add-key "$key"
  ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid"
}

make_pools() {
  local pool
  for pool in vms images volumes; do
    admin osd pool create "$pool" 8 8
    rbd -c "$conf" pool init "$pool"
  done
}
