import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Logger } from '@spawnkit/effects';
import { cpus } from '@spawnkit/guest-config';
import { readFirmware } from './firmware.ts';
import type { LocalFacts } from './host-facts.ts';

/** Where the facts lie; tests give their own. */
export interface HostPaths {
  readonly onlineCpus: string;
  readonly mounts: string;
  readonly cgroupControllers: string;
  readonly machineId: string;
  /** In order of precedence. */
  readonly firmware: readonly string[];
}

export const hostPaths: HostPaths = {
  onlineCpus: '/sys/devices/system/cpu/online',
  mounts: '/proc/self/mounts',
  cgroupControllers: '/sys/fs/cgroup/cgroup.controllers',
  machineId: '/etc/machine-id',
  firmware: ['/etc/qemu/firmware', '/usr/share/qemu/firmware'],
};

interface LocalOptions {
  readonly instancesPath: string | undefined;
  readonly log: Logger;
}

/** What the files of this host say. */
export async function readLocalFacts({ instancesPath, log }: LocalOptions, paths: HostPaths): Promise<LocalFacts> {
  const [onlineCpus, cpuController, supportsDirectIo, firmware, machineId] = await Promise.all([
    readFile(paths.onlineCpus, 'utf8'),
    hasCpuController(paths),
    instancesPath === undefined ? false : supportsDirectIoBelow(resolve(instancesPath)),
    readFirmware(paths.firmware, log),
    textOf(paths.machineId),
  ]);
  return {
    onlineCpus: cpus(onlineCpus),
    cpuController,
    supportsDirectIo,
    kernelRelease: release(),
    firmware,
    machineId: machineId?.trim() || undefined,
  };
}

/** Of either version of cgroups. Follows Nova's `Host.is_cpu_control_policy_capable`. */
async function hasCpuController({ mounts, cgroupControllers }: HostPaths): Promise<boolean> {
  const mounted = (await textOf(mounts))?.split('\n').map((line) => line.split(' ')) ?? [];
  if (mounted.some(([, , type, options]) => type === 'cgroup' && options?.split(',').includes('cpu'))) return true;
  return (await textOf(cgroupControllers))?.split(/\s+/).includes('cpu') ?? false;
}

/** Linux's O_TMPFILE, which Node has no name for: a file that is in no directory and goes when it is closed. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** Asks the first directory of the path that exists, and leaves nothing there. */
async function supportsDirectIoBelow(path: string): Promise<boolean> {
  try {
    await using _file = await open(path, O_TMPFILE | constants.O_RDWR | constants.O_DIRECT, 0o600);
    return true;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing && path !== dirname(path) ? supportsDirectIoBelow(dirname(path)) : false;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
