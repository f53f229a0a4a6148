import type { CliContext } from '../cli-context.ts';
import { examine, repair } from '../doctor/doctor.ts';
import { type CheckName, checkNames, type Finding } from '../doctor/finding.ts';
import { SpawnerError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { openHost } from '../host.ts';

/**
 * `spawner doctor [CHECK…]`: what a spawn needs of this host, point by point; `--fix` repairs what can be repaired without
 * asking. Exit code 5 when something is missing.
 */
export async function doctor(
  cli: CliContext,
  names: readonly string[],
  { fix = false }: { readonly fix?: boolean },
): Promise<number | void> {
  const options = { checks: names.length > 0 ? names.map(checkName) : undefined, signal: cli.signal };
  await using host = openHost(cli);
  const found = await examine(host, options);
  const findings = fix ? await repair(host, found, options) : found;
  cli.print(
    findings.map(({ check, what, verdict, detail, fix }) => ({ check, what, verdict, detail, fix })),
    findings.map((finding) => asText(finding, { fix })).join('\n'),
  );
  return findings.some(({ verdict }) => verdict === 'missing') ? exitCodes.hostNotReady : undefined;
}

const marks: Readonly<Record<Finding['verdict'], string>> = {
  good: 'ok     ',
  absent: '-      ',
  warning: 'warning',
  missing: 'MISSING',
};

function asText({ verdict, what, detail, fix, repair }: Finding, { fix: tried }: { readonly fix: boolean }): string {
  const how = repair && !tried ? ' (or `spawner doctor --fix`)' : '';
  return `${marks[verdict]}  ${what}: ${detail}${fix ? `\n         fix: ${fix}${how}` : ''}`;
}

function checkName(name: string): CheckName {
  const known = checkNames.find((one) => one === name);
  if (known) return known;
  throw new SpawnerError('USAGE', `There is no check "${name}"`, { fix: `Known are ${checkNames.join(', ')}.` });
}
