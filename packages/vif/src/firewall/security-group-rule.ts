import type { IpVersion } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import { checkAddress, checkCidr } from './firewall-request.ts';

/** What one rule of a security group lets in, in Nova's words. */
export interface SecurityGroupRule {
  /** From where; missing: from `granteeAddresses`. */
  readonly cidr?: string | undefined;
  /** Addresses of the members of the group that the rule lets in. */
  readonly granteeAddresses?: readonly string[] | undefined;
  /** `tcp`, `udp`, `icmp`, or another name or number; missing: all. */
  readonly protocol?: string | undefined;
  /** The first port, or the type of ICMP; -1: all types. */
  readonly fromPort?: number | undefined;
  /** The last port, or the code of ICMP; -1: all codes. */
  readonly toPort?: number | undefined;
}

/** iptables rules that let in what a rule says. Follows `instance_rules` of Nova's firewall.py. Throws `RULE_INVALID`. */
export function allowRules(rule: SecurityGroupRule): readonly { readonly version: IpVersion; readonly text: string }[] {
  const ranges = rule.cidr === undefined ? (rule.granteeAddresses ?? []).map(checkAddress) : [rule.cidr];
  return ranges.map((range) => {
    const { version } = checkCidr(range.includes('/') ? range : `${range}/${range.includes(':') ? 128 : 32}`);
    return { version, text: ['-j ACCEPT', ...protocolWords(rule, version), `-s ${range}`].join(' ') };
  });
}

function protocolWords(rule: SecurityGroupRule, version: IpVersion): readonly string[] {
  const protocol = readProtocol(rule);
  if (protocol === undefined) return [];
  if (protocol === 'tcp' || protocol === 'udp') return [`-p ${protocol}`, portWords(rule)];
  if (protocol !== 'icmp') return [`-p ${protocol}`];
  // As in Nova, which looks at the type of IPv4's ICMP alone.
  return version === 6 ? ['-p icmpv6'] : ['-p icmp', ...icmpWords(rule)];
}

function portWords(rule: SecurityGroupRule): string {
  const [from, to] = [readNumber(rule, rule.fromPort, 65_535), readNumber(rule, rule.toPort, 65_535)];
  if (from > to) throw invalid(rule, 'its first port comes after its last');
  return from === to ? `--dport ${from}` : `-m multiport --dports ${from}:${to}`;
}

function icmpWords(rule: SecurityGroupRule): readonly string[] {
  const { fromPort = -1, toPort = -1 } = rule;
  if (fromPort === -1) return [];
  const type = readNumber(rule, fromPort, 255);
  return [`-m icmp --icmp-type ${toPort === -1 ? type : `${type}/${readNumber(rule, toPort, 255)}`}`];
}

function readProtocol(rule: SecurityGroupRule): string | undefined {
  const protocol = rule.protocol?.toLowerCase();
  if (protocol === undefined || protocol === '') return undefined;
  if (/^[a-z0-9][a-z0-9-]{0,30}$/.test(protocol)) return protocol;
  throw invalid(rule, `${JSON.stringify(rule.protocol)} is no protocol`);
}

function readNumber(rule: SecurityGroupRule, given: number | undefined, most: number): number {
  if (given !== undefined && Number.isInteger(given) && given >= 0 && given <= most) return given;
  throw invalid(rule, `${given ?? '(nothing)'} is not a number from 0 to ${most}`);
}

function invalid(rule: SecurityGroupRule, why: string): VifError {
  return new VifError('RULE_INVALID', `A rule of a security group means nothing: ${why}`, {
    fix: 'Give ports from 0 to 65535, types and codes of ICMP from 0 to 255 or -1, and a protocol such as tcp.',
    context: { rule },
  });
}
