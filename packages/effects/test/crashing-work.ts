import { createRollback } from '../src/create-rollback.ts';
import type { Rollback } from '../src/rollback.ts';
import { undoJournal } from '../src/undo-journal.ts';
import { dieAt } from './die-at.ts';
import { createFile, fileAct, fileInverses } from './file-acts.ts';

/**
 * A process that works on files under a journal and dies at a moment of its last part, which is the whole for `commit`, the
 * undo for `fail` and `undo`: `node crashing-work.ts commit|fail|undo JOURNALS FILES MOMENT`. It ends with exit code 0 when it
 * is through before that moment.
 */
const [work, directory = '', files = '', moment] = process.argv.slice(2);
const id = 'work';
const header = { work: work ?? '' };

if (work === 'commit') {
  const tick = await dieAt(Number(moment));
  const rollback = await createRollback({ directory, id, header });
  await createFiles(rollback, tick);
  await rollback.commit();
} else if (work === 'fail') {
  const rollback = await createRollback({ directory, id, header });
  await createFiles(rollback);
  const taken = fileAct(files, 'taken', 'ours');
  await rollback.act('file', taken, () => createFile(taken)).catch(() => {});
  const tick = await dieAt(Number(moment));
  await rollback.undo(fileInverses(tick));
} else {
  const tick = await dieAt(Number(moment));
  await undoJournal({ directory, id, inverses: fileInverses(tick) });
}

async function createFiles(rollback: Rollback, tick?: () => void): Promise<void> {
  for (const name of ['one', 'two']) {
    const data = fileAct(files, name, 'ours');
    await rollback.act('file', data, () => createFile(data, tick));
  }
}
