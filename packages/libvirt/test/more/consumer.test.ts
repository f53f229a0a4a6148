import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labObstacle, startLibvirt } from '../lab.ts';
import { asProgram, readmeExamples } from '../readme.ts';

const root = join(import.meta.dirname, '../../../..');
const folder = join(root, 'packages/libvirt');
const examples = readmeExamples();

/** Uses every entry point, and looks at what its types say. */
const PROGRAM = `import { connect, type Domain, NotFoundError, type TypedParams } from '@spawnkit/libvirt';
import { DomainState } from '@spawnkit/libvirt/enums';
import { call, domainGetBlockJobInfo, nodeGetInfo } from '@spawnkit/libvirt/rpc';
import { fakeDaemon, recorded } from '@spawnkit/libvirt/testing';

const daemon = await fakeDaemon({ nodeGetInfo: recorded(nodeGetInfo), domainGetBlockJobInfo: () => job });
const conn = await connect(daemon.uri);
const job = { found: 1, type: 2, bandwidth: 0n, cur: 1n, end: 2n };
const dom = { name: 'web', uuid: new Uint8Array(16), id: 1 };
const { cur } = await call(conn, domainGetBlockJobInfo, { dom, path: 'vda', flags: 0 });
const progress: bigint = cur;
const { memoryKiB } = await conn.nodeInfo();
const time = (params: TypedParams): bigint | undefined => params['cpu.time'];
const running = async (domain: Domain): Promise<boolean> => (await domain.info()).state === 'RUNNING';
// @ts-expect-error There is no such flag.
const wrong = (domain: Domain) => domain.undefine({ flags: ['NVRAMS'] });
console.log(progress, memoryKiB > 0n, DomainState.RUNNING, NotFoundError.name, [time, running, wrong].length);
await conn[Symbol.asyncDispose]();
await daemon[Symbol.asyncDispose]();
`;

describe('a project outside the workspace', () => {
  const directory = mkdtempSync(join(tmpdir(), 'spawnkit-consumer-'));

  beforeAll(() => {
    execFileSync('pnpm', ['build'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const tarball = join(directory, 'libvirt.tgz');
    execFileSync('pnpm', ['pack', '--out', tarball], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(join(directory, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
    const quiet = ['--offline', '--no-audit', '--no-fund', '--loglevel=error', '--no-package-lock'];
    execFileSync('npm', ['install', ...quiet, tarball], { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(join(directory, 'program.ts'), PROGRAM);
    examples.forEach((example, index) =>
      writeFileSync(join(directory, `example-${index}.ts`), `${asProgram(example)}\nexport {};\n`),
    );
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('compiles with module %s and resolution %s, the README’s examples included', (module, moduleResolution) => {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    expect(run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')).toBe('');
  });

  test('finds in the API reference what it has installed', () => {
    expect(run(process.execPath, join(root, 'tooling/api-reference/api-reference.ts'), 'libvirt', '--check')).toBe('');
  });

  test('runs', () => {
    expect(run(process.execPath, 'program.ts')).toBe('1n true 1 NotFoundError 3\n');
  });

  test('has examples of both sorts to compile, and runs the whole ones', () => {
    expect(examples.filter(({ whole }) => whole).length).toBeGreaterThanOrEqual(2);
    expect(examples.filter(({ whole }) => !whole).length).toBeGreaterThanOrEqual(3);
    for (const [index, { whole, daemon }] of examples.entries()) {
      if (!whole) continue;
      if (daemon && labObstacle) process.stderr.write(`skipped, example ${index} of the README: ${labObstacle}\n`);
      else runExample(index, daemon);
    }
  });

  function runExample(index: number, daemon: boolean): void {
    if (daemon) startLibvirt();
    expect(run(process.execPath, `example-${index}.ts`)).not.toBe('');
  }

  /** What it printed. Throws with that when it fails. */
  function run(file: string, ...args: readonly string[]): string {
    try {
      return execFileSync(file, args, { cwd: directory, encoding: 'utf8', timeout: 60_000 });
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
      throw new Error(`${args.join(' ')} fails:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
    }
  }
});
