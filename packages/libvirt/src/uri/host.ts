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
  /** Where passwords may lie, the first one that is there counts: the user's auth.conf, then the system's. */
  readonly authFiles: readonly string[];
  /** The user's certificates; undefined for root, who has the system's. */
  readonly userPkiDirectory: string | undefined;
  readonly systemPkiDirectory: string;
}

export function clientHost(): ClientHost {
  const { env } = process;
  const euid = process.geteuid?.() ?? 0;
  const home = env['HOME'] || homedir();
  const cache = env['XDG_CACHE_HOME'] || join(home, '.cache');
  const config = join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'libvirt');
  return {
    env,
    euid,
    sessionDirectory: join(env['XDG_RUNTIME_DIR'] || cache, 'libvirt'),
    systemDirectory: '/var/run/libvirt',
    configFile: euid === 0 ? '/etc/libvirt/libvirt.conf' : join(config, 'libvirt.conf'),
    authFiles: [join(config, 'auth.conf'), '/etc/libvirt/auth.conf'],
    userPkiDirectory: euid === 0 ? undefined : join(home, '.pki/libvirt'),
    systemPkiDirectory: '/etc/pki',
  };
}
