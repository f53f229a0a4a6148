# shellcheck shell=bash
# shellcheck disable=SC2154 # here comes from build
# Sourced by build: the root tree of the image, made by mmdebstrap from this machine's own package source.
release=bookworm
# net-tools, ifenslave and vlan: cloud-init writes routes, bonds and VLANs for the ifupdown that needs them.
packages=(systemd-sysv udev dbus cloud-init cloud-guest-utils gdisk e2fsprogs iproute2 iputils-ping netbase ifupdown
  isc-dhcp-client net-tools ifenslave vlan openssh-server sudo eject kmod linux-image-cloud-amd64 initramfs-tools zstd
  qemu-guest-agent)

# This machine's own package source of the release; empty when it has none.
mirror() {
  # shellcheck disable=SC2016 # apt-get replaces these
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $release" | head -n 1
}

# "name version" of each; a machine without package lists fetches its own once.
package_versions() {
  apt-cache show --no-all-versions linux-image-cloud-amd64 >/dev/null 2>&1 || apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 || true
  apt-cache show --no-all-versions "${packages[@]}" 2>/dev/null | awk '/^Package:/ { name = $2 } /^Version:/ { print name, $2 }'
}

build_tree() {
  local source
  source=$(mirror)
  [ -n "$source" ] || fail 5 "apt knows no package source of Debian $release on this machine; add one to /etc/apt/sources.list, then run apt-get update"
  mmdebstrap --quiet --variant=apt --mode=root --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --include="$(paste -sd, < <(printf '%s\n' "${packages[@]}"))" \
    --essential-hook="cp -r '$here/tree/.' \"\$1\"" --customize-hook="sh '$here/customize' \"\$1\"" \
    "$release" "$1" "$source" </dev/null || fail 1 "mmdebstrap could not make a Debian $release; its reason stands above"
}
