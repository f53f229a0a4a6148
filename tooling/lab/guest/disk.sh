# shellcheck shell=bash
# shellcheck disable=SC2154 # sources come from tiny
# Sourced by tiny: the root disk, an ext4 file system made from a directory, as raw and as qcow2. No mount, no root.
disk_mib=32

lay_root() {
  lay_busybox "$1"
  cp -r "$sources/root/." "$1/"
  mkdir -p "$1"/{root,usr,var,mnt}
  ln -s ../bin "$1/usr/bin"
  chmod 700 "$1/root"
  chmod 1777 "$1/tmp"
  echo "$2" >"$1/etc/spawnkit-image"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
  echo 'root:x:0:' >"$1/etc/group"
  echo 'root:*:19000:0:99999:7:::' >"$1/etc/shadow"
  chmod 600 "$1/etc/shadow"
  echo tiny >"$1/etc/hostname"
}

# mke2fs copies the owner of every file, who is not root when an ordinary user builds.
give_to_root() {
  (cd "$2" && find . -mindepth 1) | sed 's/^\.\(.*\)/set_inode_field \1 uid 0\nset_inode_field \1 gid 0/' | debugfs -w -f - "$1" >/dev/null 2>&1
}

build_disk() {
  local tree=$1/root raw=$1/disk.raw
  lay_root "$tree" "$2"
  find "$tree" -exec touch -h -d @0 {} +
  mke2fs -q -t ext4 -L tiny-root -b 4096 -O ^has_journal -m 0 -E root_owner=0:0 -d "$tree" "$raw" "${disk_mib}M" >/dev/null
  [ "$(id -u)" = 0 ] || give_to_root "$raw" "$tree"
  qemu-img convert -f raw -O qcow2 "$raw" "$1/disk.qcow2"
  rm -rf "$tree"
}
