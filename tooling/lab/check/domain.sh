# shellcheck shell=bash
# Sourced by check-tiny: a domain of libvirt for the tiny guest, and what its console says.
# shellcheck disable=SC2016 # a text that the guest expands
# shellcheck disable=SC2154 # uri, work, log, domain, tiny come from there

# config_drive [FILE…]: builds $work/config.iso (label config-2) of $work/drive
config_drive() {
  genisoimage -quiet -o "$work/config.iso" -ldots -allow-lowercase -allow-multidot -l -J -r -V config-2 "$work/drive" 2>/dev/null
}

# lay_drive [ADDRESS]: metadata, network data with a static address for the MAC below, and user data
lay_drive() {
  local data=$work/drive/openstack/latest
  mkdir -p "$data"
  echo '{"uuid": "7d2f", "hostname": "tiny-check", "meta": {"role": "a \"quoted\" role"}}' >"$data/meta_data.json"
  printf '#!/bin/sh\necho "user data on $(hostname)"\nexit 3\n' >"$data/user_data"
  [ -z "${1:-}" ] || cat >"$data/network_data.json" <<JSON
{"links": [{"id": "tap1", "type": "bridge", "ethernet_mac_address": "52:54:00:AA:00:01", "mtu": null}],
 "networks": [{"id": "network0", "type": "ipv4", "link": "tap1", "ip_address": "$1", "netmask": "255.255.255.0",
   "routes": [{"network": "10.99.0.0", "netmask": "255.255.0.0", "gateway": "${1%.*}.1"}]}], "services": []}
JSON
}

serial_xml() {
  if [ "${serial:-file}" = pty ]; then echo "<serial type='pty'/>"; else echo "<serial type='file'><source path='$log'/></serial>"; fi
}

# launch MACHINE DEVICES [COMMAND-LINE]: creates the domain; the console goes to $log
launch() {
  cat >"$work/domain.xml" <<XML
<domain type='qemu'>
  <name>$domain</name><memory unit='MiB'>128</memory><vcpu>1</vcpu>
  <os><type machine='$1'>hvm</type><kernel>$tiny/vmlinuz</kernel><initrd>$tiny/initramfs.img</initrd>
    <cmdline>console=ttyS0 ${3:-}</cmdline></os>
  <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
  <on_reboot>destroy</on_reboot>
  <devices>$2$(serial_xml)</devices>
</domain>
XML
  started=$(date +%s%N)
  virsh -q -c "$uri" create "$work/domain.xml" >/dev/null
  [ "${serial:-file}" = pty ] || until_says '^TINY-READY'
  echo $((($(date +%s%N) - started) / 1000000)) >"$work/ready"
}

disk() { echo "<disk type='file' device='${4:-disk}'><driver name='qemu' type='$1'/><source file='$2'/><target dev='$3'/></disk>"; }

# until_says REGEX [SECONDS]: waits for a line of the console
until_says() {
  within "${2:-60}" grep -qE "$1" "$log" || { echo "the console never said \"$1\"" >&2 && return 1; }
}

says() { tr -d '\r' <"$log" | grep -qxE "$1" || { echo "the console lacks the line \"$1\"" >&2 && return 1; }; }

is_off() { ! virsh -q -c "$uri" domstate "$domain" >/dev/null 2>&1; }

gone() { within 30 is_off || { echo "the domain does not end" >&2 && return 1; }; }
