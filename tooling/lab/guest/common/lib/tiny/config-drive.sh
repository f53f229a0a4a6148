# shellcheck shell=dash
# The config drive: found by its label as ISO 9660 or vfat, on any bus; stays mounted at /run/config.
data=/run/config/openstack/latest

open_config_drive() {
  for type in iso9660 vfat; do
    drive=$(disk_labelled "$type" config-2)
    [ -z "$drive" ] || break
  done
  if [ -z "$drive" ]; then
    echo TINY-NO-CONFIG-DRIVE
    return
  fi
  mkdir -p /run/config
  if ! mount -t "$type" -o ro "/dev/$drive" /run/config; then
    echo "TINY-ERROR cannot mount the config drive /dev/$drive as $type"
    return
  fi
  echo "TINY-CONFIG-DRIVE $drive $type"
  show META "$data/meta_data.json"
  show NETWORK "$data/network_data.json"
}

# A file between two marks: show NAME FILE
show() {
  [ -f "$2" ] || return 0
  echo "TINY-$1-BEGIN"
  cat "$2"
  echo
  echo "TINY-$1-END"
}

set_hostname() {
  [ -f "$data/meta_data.json" ] || return 0
  name=$(awk -f /lib/tiny/json.awk "$data/meta_data.json" | sed -n 's/^hostname=//p')
  [ -z "$name" ] || hostname "$name"
}
