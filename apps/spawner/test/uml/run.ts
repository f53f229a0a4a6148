import '../../../../packages/image-backend/test/sources.ts';

/** `node run.ts lvm|crash [NAME…]` in user-mode Linux: all cases of instances on volumes, or those of these names. */
const [suite, ...names] = process.argv.slice(2);
const { makeVolumeGroup } = await import('../../../../packages/image-backend/test/uml/volume-group.ts');
const { reportCases } = await import('../../../../tooling/lab/uml/report-cases.ts');
const { crashCases } = await import('./crash-cases.ts');
const { lvmCases } = await import('./lvm-cases.ts');

await makeVolumeGroup();
const cases = suite === 'crash' ? crashCases : lvmCases;
await reportCases(cases.filter(({ name }) => names.length === 0 || names.includes(name)));
