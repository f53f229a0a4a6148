# shellcheck shell=bash
# Sourced by `up`: networks of libvirt. Those it starts stand in $state/networks, one name a line, for `down`.
# shellcheck disable=SC2154 # uri, state, network come from daemon.sh

# The first of our /24 networks that no route of this host overlaps.
free_prefix() {
  local third routes
  routes=$(ip -4 route show table all 2>/dev/null || true)
  for third in 126 127 128 129 130; do
    grep -q "192\.168\.$third\." <<<"$routes" || { echo "192.168.$third" && return; }
  done
  fail 5 "every one of the networks 192.168.126.0/24 to 192.168.130.0/24 is in use on this host; none is free for \"$network\""
}

# An isolated network: the host and the guests see each other, and no packet is forwarded, so no setting of the host changes.
# Before it offers an address dnsmasq would wait three seconds for an echo from it; nobody else hands out addresses here.
network_xml() {
  local prefix=$1 dhcp=
  if command -v dnsmasq >/dev/null; then
    dhcp="<dhcp><range start='$prefix.10' end='$prefix.254'/></dhcp>"
  else
    say "dnsmasq is missing, so network \"$network\" has no DHCP. Install it: tooling/setup/debian base"
  fi
  echo "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'><name>$network</name><bridge name='${network}0' stp='off' delay='0'/>" \
    "<ip address='$prefix.1' netmask='255.255.255.0'>$dhcp</ip>" \
    "<dnsmasq:options><dnsmasq:option value='no-ping'/></dnsmasq:options></network>"
}

# A bridge without ports that libvirt does not know is what a lab left whose daemon was killed.
remove_stray_bridge() {
  local bridge=/sys/class/net/${network}0
  if [ -d "$bridge/bridge" ] && [ -z "$(ls "$bridge/brif")" ]; then ip link delete dev "${network}0"; fi
}

start_network() {
  network_active "$1" && return
  if [ "$1" = "$network" ]; then
    remove_stray_bridge
    network_xml "$(free_prefix)" >"$state/network.xml"
    # Another checkout's lab may have been faster.
    virsh -q -c "$uri" net-create "$state/network.xml" >&2 || { network_active "$1" && return; } || fail 5 "libvirt could not start the network \"$1\"; its reason stands above"
  else
    virsh -q -c "$uri" net-start "$1" >&2 || fail 5 "libvirt could not start the network \"$1\"; its reason stands above"
  fi
  echo "$1" >>"$state/networks"
}
