# shellcheck shell=dash
# What disks there are, and what is on them.

disks() {
  for disk in /sys/block/*; do
    case "${disk##*/}" in
      vd* | sd* | sr* | hd*) echo "${disk##*/}" ;;
    esac
  done
}

show_disks() {
  for disk in $(disks); do
    read -r sectors <"/sys/block/$disk/size"
    echo "TINY-DISK $disk $((sectors * 512))"
  done
}

# Bytes of a disk: field DISK OFFSET LENGTH. The shell drops NULs, blanks pad labels on the right.
field() {
  bytes=$(dd if="/dev/$1" bs=1 skip="$2" count="$3" 2>/dev/null)
  echo "${bytes%% *}"
}

# "TYPE LABEL" of the file system on a disk, from its bytes: busybox of Debian has no blkid.
file_system() {
  if [ "$(field "$1" 32769 5)" = CD001 ]; then
    echo "iso9660 $(field "$1" 32808 32)"
  elif [ "$(field "$1" 54 3)" = FAT ]; then
    echo "vfat $(field "$1" 43 11)"
  elif [ "$(field "$1" 82 3)" = FAT ]; then
    echo "vfat $(field "$1" 71 11)"
  elif [ "$(field "$1" 1080 2)" = "$(printf 'S\357')" ]; then
    echo "ext4 $(field "$1" 1144 16)"
  fi
}

# Looks at every disk once; each look costs several programs.
find_file_systems() {
  for disk in $(disks); do
    echo "$disk $(file_system "$disk")"
  done >/run/file-systems
}

# The first disk with this file system and label: disk_labelled TYPE LABEL
disk_labelled() {
  while read -r disk type label; do
    [ "$type $label" = "$1 $2" ] && echo "$disk" && return
  done </run/file-systems
}
