# shellcheck shell=bash
# Sourced by check-tiny: one function per case.
# shellcheck disable=SC2154,SC2034 # what comes from there and goes back
# shellcheck disable=SC2016 # texts that the guest expands
cases="root_on_virtio_pc cdrom_on_scsi_q35 drive_as_virtio_disk_vfat raw_on_scsi_grown no_disk_at_all shutdown_by_power_button \
off_by_command_line console_answers static_address dhcp_and_servers"
needs_root="static_address dhcp_and_servers"

overlay() { qemu-img create -q -f qcow2 -F qcow2 -b "$tiny/disk.qcow2" "$work/disk.qcow2" "$1"; }

says_metadata() {
  says "TINY-CONFIG-DRIVE $1"
  says '\{"uuid": "7d2f", "hostname": "tiny-check".*\}'
  says 'user data on tiny-check'
  says 'TINY-USERDATA-STATUS 3'
}

root_on_virtio_pc() {
  lay_drive && config_drive && overlay 256M
  launch pc "$(disk qcow2 "$work/disk.qcow2" vda) $(disk raw "$work/config.iso" hda cdrom)"
  says_metadata 'sr0 iso9660'
  says "TINY-IMAGE $marker"
  says 'TINY-DISK vda 268435456'
  says 'TINY-ROOT-SIZE 268435456'
}

cdrom_on_scsi_q35() {
  lay_drive && config_drive && overlay 64M
  launch q35 "<controller type='scsi' model='virtio-scsi'/>$(disk qcow2 "$work/disk.qcow2" vda) $(disk raw "$work/config.iso" sda cdrom)"
  says_metadata 'sr0 iso9660'
  says 'TINY-ROOT-SIZE 67108864'
}

drive_as_virtio_disk_vfat() {
  PATH=$PATH:/usr/sbin:/sbin
  { command -v mkfs.vfat && command -v mcopy; } >/dev/null || fail 5 "this case needs dosfstools and mtools"
  lay_drive && overlay 64M
  mkfs.vfat -n config-2 -C "$work/config.vfat" 65536 >/dev/null
  mcopy -s -i "$work/config.vfat" "$work/drive/openstack" ::
  launch q35 "$(disk qcow2 "$work/disk.qcow2" vda) $(disk raw "$work/config.vfat" vdb)"
  says_metadata 'vdb vfat'
}

raw_on_scsi_grown() {
  cp --sparse=always "$tiny/disk.raw" "$work/disk.raw"
  truncate -s 100M "$work/disk.raw"
  launch pc "<controller type='scsi' model='virtio-scsi'/>$(disk raw "$work/disk.raw" sda)"
  says TINY-NO-CONFIG-DRIVE
  says "TINY-IMAGE $marker"
  says 'TINY-ROOT-SIZE 104857600'
}

no_disk_at_all() {
  launch pc ''
  says TINY-NO-CONFIG-DRIVE
  ! grep -q TINY-IMAGE "$log"
}

shutdown_by_power_button() {
  overlay 64M
  launch "${machine:-pc}" "$(disk qcow2 "$work/disk.qcow2" vda)"
  virsh -q -c "$uri" shutdown "$domain" >/dev/null
  gone
  says TINY-POWER-BUTTON
}

off_by_command_line() {
  launch pc '' tinyoff
  gone
}

# Types into the console through a pty as a person does, and reads the answer.
console_answers() {
  local serial=pty pty
  overlay 64M
  launch pc "$(disk qcow2 "$work/disk.qcow2" vda)"
  pty=$(virsh -q -c "$uri" ttyconsole "$domain")
  exec 8<>"$pty"
  cat <&8 >"$log" 2>/dev/null & # ends with an error when the domain and its pty go
  until_says '^TINY-READY' && until_says 'tiny# '
  printf 'echo $((6 * 7)) && cat /etc/spawnkit-image\r' >&8
  until_says '^42' 10 && until_says "^$marker" 10
}

lab_prefix() { virsh -q -c "$uri" net-dumpxml spawnkit | sed -n "s/.*<ip address='\([0-9.]*\)\.1'.*/\1/p"; }

nic() { echo "<interface type='network'><mac address='52:54:00:aa:00:01'/><source network='spawnkit'/><model type='virtio'/></interface>"; }

# What a line of its shell at port 2323 answers: remote ADDRESS LINE
remote() { printf '%s; exit\n' "$2" | timeout 20 "$tiny/parts/busybox" nc "$1" 2323; }

static_address() {
  local address
  address=$(lab_prefix).5
  lay_drive "$address" && config_drive && overlay 64M
  launch pc "$(disk qcow2 "$work/disk.qcow2" vda) $(disk raw "$work/config.iso" hda cdrom) $(nic)"
  says "TINY-NET eth0 $address"
  remote "$address" 'ip route' | grep -q '10.99.0.0/16 via'
  remote "$address" 'mount' | grep -q '/dev/vda on / '
}

dhcp_and_servers() {
  local address
  launch q35 "$(nic)"
  address=$(sed -n 's/^TINY-NET eth0 \([0-9.]*\).*/\1/p' "$log")
  virsh -q -c "$uri" net-dhcp-leases spawnkit | grep -qF "$address/24"
  timeout 10 "$tiny/parts/busybox" wget -q -O - "http://$address/" | grep -q .
}
