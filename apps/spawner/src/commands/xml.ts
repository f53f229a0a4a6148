import { existsSync } from 'node:fs';
import type { CliContext } from '../cli-context.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';
import { plan } from '../spawn/plan.ts';
import { requestFromSpec } from '../request/request.ts';
import { readSpecFile } from '../spec/read-spec.ts';

/** `spawner xml`: of an instance as libvirt has it, or of a specification as it would be defined. */
export async function xml(cli: CliContext, name: string, { inactive = false }: { inactive?: boolean }): Promise<void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const text = isSpecification(name)
    ? (await plan(host, requestFromSpec(await readSpecFile(name, { host: cli.settings })), { signal })).xml
    : await xmlOfInstance();
  cli.print({ xml: text }, text);

  async function xmlOfInstance(): Promise<string> {
    const { uuid, uri } = await findInstance(host, name);
    const conn = await host.connect({ uri, signal });
    const domain = await conn.domains.byUuid(uuid, { signal });
    return domain.xml({ flags: inactive ? ['INACTIVE'] : [], signal });
  }
}

/** Names of instances have no slash; `web.yaml` could be one, so a file of that name decides. */
function isSpecification(name: string): boolean {
  return name === '-' || name.includes('/') || (/\.(ya?ml|json)$/.test(name) && existsSync(name));
}
