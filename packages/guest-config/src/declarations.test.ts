import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..');
const compiler = join(folder, '../../node_modules/typescript/bin/tsc');
/** What an editor has to read for the package, in bytes. */
const LIMIT_BYTES = 250_000;

let directory: string;
/** The declarations as they are published, by file. */
let declarations: ReadonlyMap<string, string>;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'guest-config-types-'));
  execFileSync(process.execPath, [compiler, '-p', join(folder, 'tsconfig.build.json'), '--outDir', directory]);
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
  declarations = new Map(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

test('the published declarations stay small', () => {
  const bytes = [...declarations.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(LIMIT_BYTES);
});

test('elements inside others are declared by their names, as hovers show them', () => {
  const domain = declarations.get('schema/domain.d.ts') ?? '';
  for (const [field, type] of Object.entries({
    memory: 'Memory',
    vcpu: 'Vcpu',
    os: 'Os',
    cpu: 'Cpu',
    devices: 'Devices',
  })) {
    expect(domain).toContain(`readonly ${field}: import("../dsl/field.ts").Opt<${type}>;`);
  }
  const devices = declarations.get('schema/devices.d.ts') ?? '';
  for (const [field, type] of Object.entries({ disks: 'Disk', interfaces: 'Interface', hostdevs: 'Hostdev' })) {
    expect(devices).toContain(`readonly ${field}: import("../dsl/field.ts").Opt<readonly ${type}[]>;`);
  }
  expect(declarations.get('schema/disk.d.ts')).toContain('import("./disk-source.ts").SourceVariants, "file">');
});

test('doc comments reach the declarations', () => {
  expect(declarations.get('schema/domain.d.ts')).toContain('https://libvirt.org/formatdomain.html');
  expect(declarations.get('schema/clock.d.ts')).toContain('in Hz');
});
