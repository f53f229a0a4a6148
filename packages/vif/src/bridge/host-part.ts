import { type CommandContext, ipLink } from '../ip.ts';

/** Asked for an address of another device, the host does not answer; asking, it names the address of the bridge. */
const arp = { arp_ignore: '1', arp_announce: '2' };

/**
 * The host itself takes no part in the guests' network: no link-local address on the bridge, and no answers for addresses
 * that it has elsewhere. As os-vif's linux_bridge plugin does.
 */
export async function keepHostOut(bridge: string, context: CommandContext): Promise<void> {
  await ipLink(context, ['set', 'dev', bridge, 'addrgenmode', 'none']);
  for (const [setting, input] of Object.entries(arp)) {
    await context.exec('tee', [`/proc/sys/net/ipv4/conf/${bridge}/${setting}`], {
      input,
      signal: context.signal,
      timeoutMs: 60_000,
    });
  }
}
