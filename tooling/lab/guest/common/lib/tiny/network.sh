# shellcheck shell=dash
# shellcheck disable=SC2154 # data comes from config-drive.sh
# The network as network_data.json of the config drive wants it, otherwise DHCP on the first interface.

bring_up_network() {
  ifconfig lo 127.0.0.1 up
  if [ -f "$data/network_data.json" ]; then
    awk -f /lib/tiny/json.awk "$data/network_data.json" | awk -f /lib/tiny/network.awk >/run/network-plan
  fi
  if [ -s /run/network-plan ]; then
    follow_plan
  else
    first=$(interfaces | head -n 1)
    [ -z "$first" ] || lease "$first"
  fi
  show_addresses
}

interfaces() {
  for interface in /sys/class/net/*; do
    [ -e "$interface/device" ] && echo "${interface##*/}"
  done
}

interface_with_mac() {
  for interface in $(interfaces); do
    read -r address <"/sys/class/net/$interface/address"
    [ "$address" = "$1" ] && echo "$interface" && return
  done
}

follow_plan() {
  while read -r mac act address netmask gateway; do
    device=$(interface_with_mac "$mac")
    if [ -z "$device" ]; then
      echo "TINY-ERROR no interface has the MAC address $mac of network_data.json"
      continue
    fi
    case "$act" in
      ipv4) ifconfig "$device" "$address" netmask "$netmask" up ;;
      ipv4_dhcp) lease "$device" ;;
      route) route add -net "$address" netmask "$netmask" gw "$gateway" dev "$device" ;;
    esac
  done </run/network-plan
}

lease() {
  ifconfig "$1" up
  udhcpc -i "$1" -n -q -t 5 -T 1 -s /etc/udhcpc/script >/dev/null 2>&1
}

show_addresses() {
  for interface in $(interfaces); do
    address=$(ip -4 -o address show dev "$interface" | awk '{ sub("/.*", "", $4); print $4; exit }')
    echo "TINY-NET $interface ${address:-none}"
  done
}
