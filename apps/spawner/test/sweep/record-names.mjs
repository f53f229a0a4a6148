/** What a record of a journal is about, in words that are the same in each run: `intent vif`, `child qemu-img`, `committed`. */
export function nameOf(record, journal) {
  if ('journal' in record) return 'header';
  if ('committed' in record) return record.committed ? 'committed' : 'reopened';
  for (const what of ['child', 'ended']) if (what in record) return `${what} ${record[what].file}`;
  if ('intent' in record) return `intent ${record.kind}`;
  const what = ['done', 'undone', 'failed'].find((one) => one in record);
  return `${what} ${kindOf(record[what], journal)}`;
}

function kindOf(act, journal) {
  const line = journal.split('\n').find((one) => one.startsWith(`{"intent":${act},`));
  return line ? JSON.parse(line).kind : '?';
}
