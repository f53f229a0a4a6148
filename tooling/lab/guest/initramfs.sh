# shellcheck shell=bash
# shellcheck disable=SC2154 # sources, parts, work come from tiny
# Sourced by tiny: the initramfs, from busybox, the wanted kernel modules and our own /init.

# The files of the modules of guest/modules and what they need, in loading order, with their arguments.
modules_in_order() {
  awk '
    FILENAME ~ /modules.dep$/ { name = plain($1); file[name] = $1; sub(":", "", file[name]); needs[name] = $0; sub(/^[^:]*:/, "", needs[name]); next }
    FILENAME ~ /modules.builtin$/ { builtin[plain($1)] = 1; next }
    /^#/ || NF == 0 { next }
    { name = $1; $1 = ""; arguments[name] = $0; order[++count] = name }
    END { for (i = 1; i <= count; i++) load(order[i]) }
    function plain(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub("-", "_", path); return path }
    function load(name, parts, n, i) {
      if (loaded[name]++ || name in builtin) return
      if (!(name in file)) { print "there is no module " name " in this kernel" >"/dev/stderr"; exit 1 }
      n = split(needs[name], parts, " ")
      for (i = 1; i <= n; i++) load(plain(parts[i]))
      print file[name] " " name arguments[name]
    }' "$1/modules.dep" "$1/modules.builtin" "$sources/modules"
}

# DIRECTORY/bin with busybox and a link for each of its programs, and the files both systems share.
lay_busybox() {
  local name
  mkdir -p "$1"/{bin,sbin,etc,lib,proc,sys,dev,run,tmp}
  cp "$parts/busybox" "$1/bin/busybox"
  chmod 755 "$1/bin/busybox"
  for name in $("$parts/busybox" --list); do
    [ "$name" = busybox ] || ln -s busybox "$1/bin/$name"
  done
  cp -r "$sources/common/." "$1/"
}

lay_modules() {
  local modules file name arguments
  modules=$(echo "$parts"/kernel/lib/modules/*)
  mkdir -p "$1/modules"
  modules_in_order "$modules" >"$1/modules/files"
  while read -r file name arguments; do
    cp "$modules/$file" "$1/modules/$name.ko"
    echo "$name${arguments:+ $arguments}" >>"$1/modules/order"
  done <"$1/modules/files"
  rm "$1/modules/files"
}

build_initramfs() {
  local tree=$work/initramfs
  lay_busybox "$tree"
  lay_modules "$tree"
  cp "$sources/initramfs/init" "$tree/init"
  find "$tree" -exec touch -h -d @0 {} +
  (cd "$tree" && find . | LC_ALL=C sort | "$parts/busybox" cpio -o -H newc -R 0:0 2>/dev/null) | gzip -n -9 >"$1"
  rm -rf "$tree"
}
