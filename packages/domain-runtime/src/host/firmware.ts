import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@spawnkit/effects';
import type { FirmwareDescription } from './host-facts.ts';

/**
 * The UEFI firmware that files of these directories describe, sorted by file name. A file of an earlier directory hides
 * those of the same name in later ones, even when it is empty. Follows "Firmware descriptor" of QEMU's firmware.json.
 */
export async function readFirmware(
  directories: readonly string[],
  log: Logger,
): Promise<readonly FirmwareDescription[]> {
  const files = new Map<string, string>();
  for (const directory of directories.toReversed()) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names) if (name.endsWith('.json')) files.set(name, join(directory, name));
  }
  const paths = [...files].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, path]) => path);
  const found = await Promise.all(paths.map((path) => readDescription(path, log)));
  return found.filter((one) => one !== undefined);
}

/** As far as it matters for flash images of UEFI. */
interface Description {
  readonly 'interface-types'?: readonly string[];
  readonly mapping?: {
    readonly device?: string;
    readonly executable?: { readonly filename?: string };
    readonly 'nvram-template'?: { readonly filename?: string };
  };
  readonly targets?: FirmwareDescription['targets'];
  readonly features?: readonly string[];
}

async function readDescription(path: string, log: Logger): Promise<FirmwareDescription | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text.trim() === '' ? undefined : describe(JSON.parse(text) as Description);
  } catch (error) {
    log.warn('firmware description that cannot be read', { path, error: String(error) });
    return undefined;
  }
}

function describe(description: Description): FirmwareDescription | undefined {
  const { mapping, targets = [], features = [] } = description;
  const executable = mapping?.executable?.filename;
  const nvramTemplate = mapping?.['nvram-template']?.filename;
  const isUefi = description['interface-types']?.includes('uefi') && mapping?.device === 'flash';
  if (!isUefi || executable === undefined || nvramTemplate === undefined) return undefined;
  return {
    executable,
    nvramTemplate,
    targets: targets.map(({ architecture, machines }) => ({ architecture, machines: [...machines] })),
    features: [...features],
  };
}
