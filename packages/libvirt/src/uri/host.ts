import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What decides how libvirt is reached from here: the only place of this package that looks at the environment. */
export interface ClientHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Effective user id; 0 is root, whose daemon is the system's. */
  readonly euid: number;
  /** `$XDG_RUNTIME_DIR/libvirt`, or where libvirt looks without it. */
  readonly sessionDirectory: string;
  readonly systemDirectory: string;
  /** The user's libvirt.conf, the system's for root. */
  readonly configFile: string;
}

export function clientHost(): ClientHost {
  const { env } = process;
  const euid = process.geteuid?.() ?? 0;
  const home = env['HOME'] || homedir();
  const cache = env['XDG_CACHE_HOME'] || join(home, '.cache');
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return {
    env,
    euid,
    sessionDirectory: join(env['XDG_RUNTIME_DIR'] || cache, 'libvirt'),
    systemDirectory: '/var/run/libvirt',
    configFile: euid === 0 ? '/etc/libvirt/libvirt.conf' : join(config, 'libvirt', 'libvirt.conf'),
  };
}

/** LIBVIRT_DEFAULT_URI, then `uri_default` of libvirt.conf; undefined when the server is to choose. */
export async function defaultUri({ env, configFile }: ClientHost): Promise<string | undefined> {
  if (env['LIBVIRT_DEFAULT_URI']) return env['LIBVIRT_DEFAULT_URI'];
  const config = await readFile(configFile, 'utf8').catch(() => '');
  return /^\s*uri_default\s*=\s*(["'])(.+?)\1/m.exec(config)?.[2];
}
