import '../sources.ts';

/**
 * `node run.ts SUITE [NAME…]` in user-mode Linux: all cases of a suite, or those of these names. Suites are the contract on
 * volumes of one kind; `volumes`, what only real volumes can tell; `kills`, processes that die; and `guest`.
 */
const [suite = '', ...names] = process.argv.slice(2);
const { backendContract } = await import('../../src/testing/index.ts');
const { kinds, lvmUnderTest, makeVolumeGroup } = await import('./volume-group.ts');
const { killCases, volumeCases } = await import('./volume-cases.ts');
const { guestCases } = await import('./guest-cases.ts');
const { reportCases } = await import('../../../../tooling/lab/uml/report-cases.ts');

await makeVolumeGroup();
const cases = {
  volumes: volumeCases,
  kills: killCases,
  guest: guestCases,
  ...Object.fromEntries(
    Object.entries(kinds).map(([kind, options]) => [kind, backendContract((exec) => lvmUnderTest(exec, options))]),
  ),
}[suite];
if (!cases) throw new Error(`There is no suite "${suite}"`);
await reportCases(cases.filter(({ name }) => names.length === 0 || names.includes(name)));
