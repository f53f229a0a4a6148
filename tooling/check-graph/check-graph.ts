import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The edges of docs/architecture.md, and the whole truth: what each package may depend on inside the workspace. */
const edges: Readonly<Record<string, readonly string[]>> = {
  instance: [],
  'guest-config': [],
  libvirt: [],
  effects: [],
  blockinfo: ['instance'],
  'guest-designer': ['instance', 'blockinfo', 'guest-config'],
  'image-backend': ['instance', 'effects'],
  configdrive: ['instance', 'effects'],
  vif: ['instance', 'guest-config', 'effects', 'libvirt'],
  volume: ['instance', 'guest-config', 'effects', 'libvirt'],
  'domain-runtime': ['instance', 'guest-config', 'effects', 'libvirt'],
};
/** Who may import a package that acts on the host by itself. */
const owners: Readonly<Record<string, string>> = {
  execa: 'effects',
  xmlbuilder2: 'guest-config',
  'fast-xml-parser': 'guest-config',
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '../..');
const problems: string[] = [];
let checked = 0;

for (const folder of readdirSync(join(root, 'packages'))) {
  const allowed = edges[folder];
  if (!allowed) {
    problems.push(
      `packages/${folder}: not in the design; add it to docs/architecture.md and to check-graph, with the reason`,
    );
    continue;
  }
  const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as Manifest;
  const declared = Object.keys(manifest.dependencies ?? {});
  const declaredForTests = [...declared, ...Object.keys(manifest.devDependencies ?? {})];
  for (const name of declared) checkEdge(folder, allowed, name, 'package.json');
  for (const file of sources(join(root, 'packages', folder, 'src'))) {
    checked++;
    const isTest = file.endsWith('.test.ts');
    for (const name of imports(file)) {
      const where = file.slice(root.length + 1);
      if (!isTest) checkEdge(folder, allowed, name, where);
      if (
        !(isTest ? [...declaredForTests, 'vitest', 'fast-check'] : declared).includes(name) &&
        name !== manifest.name &&
        !(file.includes('/src/testing/') && name === 'vitest')
      ) {
        problems.push(`${where}: imports ${name}, which packages/${folder}/package.json does not declare`);
      }
    }
  }
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`graph: ${checked} files keep to the design's edges`);

function checkEdge(folder: string, allowed: readonly string[], name: string, where: string): void {
  const inside = /^@spawnkit\/(.+)$/.exec(name)?.[1];
  if (inside && inside !== folder && !allowed.includes(inside)) {
    problems.push(`${where}: ${folder} may import ${allowed.join(', ') || 'nothing of the workspace'}, not ${inside}`);
  }
  const owner = owners[name];
  if (owner && owner !== folder) problems.push(`${where}: only ${owner} may import ${name}`);
}

function sources(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Names of the packages a file imports, Node's own left out. */
function imports(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g,
  );
  return [...found]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}
