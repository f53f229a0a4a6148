import type { Exec } from '@spawnkit/effects';

/** The rules of the table filter, without counters and comments. */
export async function savedRules(exec: Exec, tool: 'iptables' | 'ip6tables'): Promise<string> {
  const { stdout } = await exec(`${tool}-save`, ['-t', 'filter']);
  return stdout.replaceAll(/^#.*$|\[\d+:\d+\]/gm, '');
}
