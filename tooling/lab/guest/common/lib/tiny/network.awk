# From the flattened network_data.json to one line per address and route, in the order of its networks:
#   MAC ipv4 ADDRESS NETMASK | MAC ipv4_dhcp | MAC route NETWORK NETMASK GATEWAY
{
  equals = index($0, "=")
  value[substr($0, 1, equals - 1)] = substr($0, equals + 1)
}

END {
  for (i = 0; ("links." i ".id") in value; i++) mac[value["links." i ".id"]] = tolower(value["links." i ".ethernet_mac_address"])
  for (i = 0; ("networks." i ".type") in value; i++) show_network("networks." i)
}

function show_network(at, link, type, i, route) {
  link = mac[value[at ".link"]]
  type = value[at ".type"]
  if (link == "") return
  if (type == "ipv4_dhcp") print link, type
  if (type != "ipv4") return
  print link, type, value[at ".ip_address"], value[at ".netmask"]
  for (i = 0; (at ".routes." i ".network") in value; i++) {
    route = at ".routes." i
    print link, "route", value[route ".network"], value[route ".netmask"], value[route ".gateway"]
  }
}
