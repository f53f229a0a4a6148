# shellcheck shell=bash
# Sourced by build: a disk that boots by BIOS and by UEFI, made of the tree without a loop device or a mount.
# Partitions, in MiB: 1 to 2 GRUB for BIOS, 2 to 18 EFI system, 18 to 918 root.
modules=(part_gpt ext2 search search_label normal configfile linux serial terminal echo boot)

build_disk() {
  local work=$1
  mke2fs -q -t ext4 -L lab-root -d "$work/root" -m 1 "$work/root.ext4" 900M >/dev/null
  # shellcheck disable=SC2016 # GRUB replaces these
  printf 'search.fs_label lab-root root\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n' >"$work/early.cfg"
  truncate -s 919M "$work/disk.raw"
  sgdisk -a 1 -n 1:2048:4095 -t 1:ef02 -n 2:4096:36863 -t 2:ef00 -n 3:36864:1880063 -t 3:8304 "$work/disk.raw" >/dev/null
  lay_bios "$work"
  lay_efi "$work"
  dd if="$work/root.ext4" of="$work/disk.raw" bs=1M seek=18 conv=notrunc,sparse status=none
  qemu-img convert -O qcow2 "$work/disk.raw" "$work/debian.qcow2"
}

lay_bios() {
  local work=$1
  grub-mkimage -O i386-pc -c "$work/early.cfg" -p /boot/grub -o "$work/core.img" biosdisk "${modules[@]}"
  dd if=/usr/lib/grub/i386-pc/boot.img of="$work/disk.raw" bs=440 count=1 conv=notrunc status=none
  # core.img lies at sector 2048, and its rest right behind its first sector: offsets 92 of boot.img and 500 of core.img.
  poke "$work/disk.raw" 92 '\x00\x08\x00\x00'
  poke "$work/core.img" 500 '\x01\x08\x00\x00'
  # boot.img is to trust the drive number that the BIOS gives.
  poke "$work/disk.raw" 102 '\x90\x90'
  dd if="$work/core.img" of="$work/disk.raw" bs=512 seek=2048 conv=notrunc status=none
}

lay_efi() {
  local work=$1
  grub-mkimage -O x86_64-efi -c "$work/early.cfg" -p /boot/grub -o "$work/BOOTX64.EFI" "${modules[@]}" efi_gop all_video
  truncate -s 16M "$work/esp"
  mkfs.vfat -n ESP "$work/esp" >/dev/null
  mmd -i "$work/esp" ::EFI ::EFI/BOOT
  mcopy -i "$work/esp" "$work/BOOTX64.EFI" ::EFI/BOOT/
  dd if="$work/esp" of="$work/disk.raw" bs=1M seek=2 conv=notrunc,sparse status=none
}

# poke FILE OFFSET BYTES
poke() { printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
