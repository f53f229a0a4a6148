import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, type Tiny } from './lab.ts';
import { takeSnapshot } from './snapshot.ts';
import { openWorkspace, specOf, uniqueName, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

/** What there is; guests that are booting write into their files meanwhile. */
function present(): object {
  const snapshot = takeSnapshot(workspace);
  return { ...snapshot, files: snapshot.files.map((line) => line.split(' ')[0]) };
}

interface Applied {
  readonly instances: readonly { readonly name: string; readonly action: string }[];
}

async function apply(...args: readonly string[]) {
  const { code, stdout, stderr } = await workspace.cli(['apply', '--json', ...args]);
  const applied = JSON.parse(stdout || '{"instances":[]}') as Applied;
  return { code, stderr, actions: applied.instances.map(({ name, action }) => [name, action]) };
}

test('apply launches what is missing, leaves alone what is as specified, and prunes what is specified no more', async () => {
  const [one, two] = [uniqueName('one'), uniqueName('two')];
  const file = join(workspace.directory, 'specs/both.yaml');
  const write = (...texts: readonly string[]) => writeFile(file, texts.join('\n---\n'));
  await write(specOf(one, tiny), specOf(two, tiny));

  expect(await apply('-f', file, '--dry-run')).toMatchObject({
    code: 0,
    actions: [
      [one, 'launch'],
      [two, 'launch'],
    ],
  });
  expect(await apply('-f', file)).toMatchObject({
    code: 0,
    actions: [
      [one, 'launch'],
      [two, 'launch'],
    ],
  });
  const before = present();
  expect(await apply('-f', file)).toMatchObject({
    code: 0,
    actions: [
      [one, 'leave alone'],
      [two, 'leave alone'],
    ],
  });
  expect(present()).toEqual(before);

  await write(specOf(one, tiny, 'metadata: { role: changed }'));
  const refused = await apply('-f', file, '--prune');
  expect(refused).toMatchObject({ code: 4, actions: [] });
  expect(refused.stderr).toContain('metadata.role');
  const planned = await workspace.cli(['plan', file, '-v']);
  expect(planned.stdout).toContain('metadata.role: (nothing) → changed');
  expect(planned.stdout).toContain('metadata.role = changed  (specification)');
  expect(planned.stdout).toContain('Its definition would be the same.');

  expect(await apply('-f', file, '--recreate', '--prune')).toMatchObject({
    code: 0,
    actions: [
      [one, 'recreate'],
      [two, 'delete'],
    ],
  });
  expect(await workspace.cli(['delete', one])).toMatchObject({ code: 0 });
});

test('an image of a catalogue is fetched, checked, listed, verified, inspected and removed', async () => {
  const bytes = await readFile(tiny.image);
  const sums = `${createHash('sha256').update(bytes).digest('hex')}  tiny-x86_64.qcow2\n`;
  const server = createServer((request, response) => {
    response.end(request.url === '/SHA256SUMS' ? sums : bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const catalogue = join(workspace.directory, 'images.yaml');
    const image = {
      url: `${origin}/tiny-{arch}.qcow2`,
      checksum: { url: `${origin}/SHA256SUMS`, algorithm: 'sha256' },
    };
    await writeFile(
      catalogue,
      JSON.stringify({ 'tiny/1': { ...image, architectures: { x86_64: 'x86_64' }, format: 'qcow2' } }),
    );
    const config = join(workspace.directory, 'catalogue.yaml');
    await writeFile(config, JSON.stringify({ imageCatalogues: [catalogue], tcgTbCacheMib: 64 }));
    const cli = (...args: readonly string[]) => workspace.cli(['--config', config, ...args]);

    expect((await cli('image', 'list', '--catalogue')).stdout).toMatch(/^tiny\/1 /m);
    const name = uniqueName('named');
    const spec = await workspace.spec(name, 'image: tiny/1');
    const launched = await cli('launch', spec, '--json');
    expect(launched.code, launched.stderr).toBe(0);
    const listed = JSON.parse((await cli('image', 'list', '--json')).stdout) as readonly {
      name: string;
      imageId?: string;
      usedBy: string[];
    }[];
    const cached = listed.find(({ imageId }) => imageId === `sha256:${tiny.sha256}`);
    expect(cached?.usedBy).toHaveLength(1);
    const id = cached?.name ?? '';
    expect(await cli('image', 'rm', id)).toMatchObject({ code: 4 });
    expect(await cli('delete', name)).toMatchObject({ code: 0 });
    expect((await cli('image', 'pull', 'tiny/1')).stdout).toContain('in the cache');
    expect(await cli('image', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${id}: good`) as string,
    });
    expect((await cli('image', 'inspect', id)).stdout).toMatch(/format +qcow2/);
    expect(await cli('image', 'rm', id)).toMatchObject({ code: 0, stdout: `removed ${id}\n` });
    expect(await cli('image', 'inspect', id)).toMatchObject({ code: 3 });
  } finally {
    server.close();
  }
});

test('validate and schema ask the host nothing', async () => {
  const spec = await workspace.spec(uniqueName('valid'));
  const before = present();
  const uri = `qemu+unix:///system?socket=${workspace.directory}/no-socket`;
  expect(await workspace.cli(['--uri', uri, 'validate', spec])).toMatchObject({ code: 0 });
  const schema = await workspace.cli(['--uri', uri, 'schema']);
  expect(JSON.parse(schema.stdout)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
  await writeFile(spec, 'name: web\nflavour: {}\n');
  expect(await workspace.cli(['--uri', uri, 'validate', spec])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "flavor"') as string,
  });
  expect(present()).toEqual(before);
});
