// Spawns an instance whose port nobody binds, and says when it waits; for a test that kills it then. Run by node, with
// the
// built packages: wait-then-die.ts STATE-DIR SPECIFICATION
import { openHost, readSettings, readSpecFile, requestFromSpec, spawn } from '../../src/index.ts';

const [statePath = '', path = ''] = process.argv.slice(2);
const settings = await readSettings({ env: {}, uid: 0, flags: { statePath, uri: 'qemu:///system' } });
const request = requestFromSpec(await readSpecFile(path));
const networkInfo = request.networkInfo.map((vif) => ({ ...vif, active: false }));
const host = openHost({
  settings,
  onProgress(event) {
    if (event.type !== 'step' || event.step !== 'wait') return;
    process.stdout.write(`${JSON.stringify({ uuid: request.instance.uuid, port: networkInfo[0]?.id })}\n`);
  },
});
await spawn(host, { ...request, networkInfo });
