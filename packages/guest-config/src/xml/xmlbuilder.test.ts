import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Runs code in a process of its own, which says at its end whether xmlbuilder2 was loaded. */
function loadsBuilder(code: string): boolean {
  const index = new URL('../index.ts', import.meta.url).href;
  const script = `
    import { createRequire } from 'node:module';
    const { build, Domain, parse } = await import(${JSON.stringify(index)});
    ${code};
    const { cache } = createRequire('${index}');
    console.log(Object.keys(cache).some((file) => file.includes('xmlbuilder2')));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(output) as boolean;
}

test('xmlbuilder2 is loaded by those who write, at their first document', () => {
  expect(loadsBuilder(`parse(Domain, '<domain type="kvm"><name>a</name></domain>')`)).toBe(false);
  expect(loadsBuilder(`build(Domain, { type: 'kvm', name: 'a' })`)).toBe(true);
});
