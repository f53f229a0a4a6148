import type { CliContext } from '../cli-context.ts';
import { type Finding, examine } from '../doctor/doctor.ts';
import { exitCodes } from '../exit-code.ts';
import { openHost } from '../host.ts';

/** `spawner doctor`: what a spawn needs of this host, point by point. Exit code 5 when something is missing. */
export async function doctor(cli: CliContext): Promise<number | void> {
  await using host = openHost(cli);
  const findings = await examine(host, { signal: cli.signal });
  cli.print(findings, findings.map(asText).join('\n'));
  return findings.some(({ verdict }) => verdict === 'missing') ? exitCodes.hostNotReady : undefined;
}

const marks: Readonly<Record<Finding['verdict'], string>> = { good: 'ok     ', warning: 'warning', missing: 'MISSING' };

function asText({ verdict, what, detail, fix }: Finding): string {
  return `${marks[verdict]}  ${what}: ${detail}${fix ? `\n         fix: ${fix}` : ''}`;
}
