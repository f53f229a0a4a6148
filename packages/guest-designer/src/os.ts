import { getBootOrder, prependDev } from '@spawnkit/blockinfo';
import type { Os } from '@spawnkit/guest-config';
import type { Firmware } from './firmware.ts';
import { type GuestPolicy, isQemu, isX86, vmMode } from './guest-policy.ts';
import { flavorBoolean } from './wish.ts';

/** Nova's consoles, so that kernel messages show up wherever somebody looks. */
const consoles = 'console=tty0 console=ttyS0 console=hvc0';

/**
 * What the guest boots and how: machine, firmware, kernel or boot order. Follows Nova's `_configure_guest_by_virt_type` and
 * `_conf_non_lxc`. Throws `BlockinfoError` for disks that cannot boot.
 */
export function guestOs(policy: GuestPolicy, firmware: Firmware | undefined): Os {
  if (!isQemu(policy)) return containerOs(policy);
  const { arch, machine } = policy;
  return {
    type: { value: vmMode(policy), arch, machine },
    ...firmware,
    ...bootSource(policy),
    ...(isX86(policy) && { smbios: { mode: 'sysinfo' } }),
    ...(bootMenu(policy) && { bootmenu: { enable: true } }),
  };
}

function containerOs(policy: GuestPolicy): Os {
  return {
    type: { value: vmMode(policy) },
    cmdline: consoles,
    init: '/sbin/init',
    initenvs: [{ name: 'product_name', value: 'OpenStack Nova' }],
  };
}

function bootSource(policy: GuestPolicy): Pick<Os, 'kernel' | 'initrd' | 'cmdline' | 'boots'> {
  const { kernelPath, ramdiskPath, rescue, diskMapping } = policy.request;
  if (kernelPath !== undefined) return { kernel: kernelPath, initrd: ramdiskPath, cmdline: commandLine(policy) };
  // A rescued guest starts from the boot order of its disks, or from libvirt's default.
  return rescue ? {} : { boots: getBootOrder(diskMapping).map((dev) => ({ dev })) };
}

function commandLine({ config, image, request }: GuestPolicy): string {
  if (image.osCommandLine && !request.rescue) return image.osCommandLine;
  const root = prependDev(request.diskMapping.get('root')?.dev);
  // Emulated timers are late under load, which the kernel's check takes for broken ones.
  const timer = config.virtType === 'qemu' ? ' no_timer_check' : '';
  return `${root === undefined ? '' : `root=${root} `}${consoles}${timer}`;
}

function bootMenu({ image, flavor }: GuestPolicy): boolean {
  return image.hwBootMenu ?? flavorBoolean(flavor.extraSpecs['hw:boot_menu'] ?? 'no');
}
