/**
 * What can be waited for: the domain's state, an address that this host can reach, an SSH server, cloud-init's last
 * line.
 */
export const waitTargets = ['running', 'ip', 'ssh', 'cloud-init'] as const;
export type WaitTarget = (typeof waitTargets)[number];
