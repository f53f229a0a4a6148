# shellcheck shell=bash
# shellcheck disable=SC2154 # parts, out come from tiny
# Sourced by tiny: fetches Debian's cloud kernel and its static busybox and unpacks them, without installing anything.
# Leaves $parts/kernel, $parts/busybox and $parts/packages (one "name=version" a line).

# apt-get or apt-cache as anyone, on the lists of this machine; with private=yes on lists of our own, which need no root.
apt() {
  local program=$1 options=(-o APT::Sandbox::User=)
  shift
  if [ "${private:-}" = yes ]; then
    options+=(-o "Dir::State::Lists=$out/apt/lists" -o "Dir::Cache=$out/apt/cache" -o Dir::State::status=/var/lib/dpkg/status)
  fi
  "$program" "${options[@]}" "$@"
}

# The package behind the meta package linux-image-cloud-ARCH.
kernel_package() {
  apt apt-cache depends "linux-image-cloud-$(dpkg --print-architecture)" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1
}

download() {
  local kernel
  kernel=$(kernel_package)
  [ -n "$kernel" ] || return 1
  rm -f "$1"/*.deb
  (cd "$1" && apt apt-get -qq download "$kernel" busybox-static >&2)
}

# A list that is older than the mirror names files that are gone: then, or without lists, own ones are fetched.
download_with_fresh_lists() {
  say "the package lists of this machine are missing or old; fetching own ones"
  private=yes
  mkdir -p "$out/apt/lists/partial" "$out/apt/cache/archives/partial"
  # Some unreachable third party source is no reason to stop: what counts is whether the download works.
  apt apt-get -qq update >&2 || true
  download "$1"
}

take_parts() {
  local fetched deb
  fetched=$(mktemp -d "$out/parts.XXXXXX")
  download "$fetched" || download_with_fresh_lists "$fetched" || {
    rm -rf "$fetched"
    fail 5 "could not download linux-image-cloud-$(dpkg --print-architecture) and busybox-static with apt-get; check /etc/apt/sources.list and the network, then run tooling/lab/tiny again"
  }
  for deb in "$fetched"/*.deb; do
    dpkg-deb -f "$deb" Package Version | sed 's/^[^:]*: //' | paste -sd=
  done >"$fetched/packages"
  dpkg-deb -x "$fetched"/linux-image-*.deb "$fetched/kernel"
  dpkg-deb --fsys-tarfile "$fetched"/busybox-static_*.deb | tar -xO ./bin/busybox >"$fetched/busybox"
  chmod 755 "$fetched" "$fetched/busybox"
  "$fetched/busybox" depmod -b "$fetched/kernel" "$(ls "$fetched/kernel/lib/modules")"
  rm -rf "$parts" "$fetched"/*.deb "$out/apt"
  mv "$fetched" "$parts"
}
