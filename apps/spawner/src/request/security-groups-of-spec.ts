import type { SecurityGroupRule } from '@spawnkit/vif';
import type { SpecSecurityGroupRule } from '../spec/security-group-schema.ts';

const LAST_PORT = 65_535;

/** A rule of a specification in Nova's words. */
export function securityGroupRulesOf({ protocol, ports, from: cidr }: SpecSecurityGroupRule): SecurityGroupRule {
  if (protocol === undefined) return { cidr };
  if (protocol !== 'tcp' && protocol !== 'udp') return { cidr, protocol };
  const [fromPort = 0, toPort = fromPort] = ports === undefined ? [0, LAST_PORT] : String(ports).split('-').map(Number);
  return { cidr, protocol, fromPort, toPort };
}
