import { reportCases } from '../../../../tooling/lab/uml/report-cases.ts';
import { connectorContract, type ContractCase } from '../../src/testing/index.ts';
import { cryptCases } from './crypt-cases.ts';
import { iscsiUnderTest, startTarget } from './iscsi-target.ts';
import { nfsUnderTest, startNfsServer } from './nfs-server.ts';
import { smbfsUnderTest, startSmbServer } from './smb-server.ts';

/** `node run.ts SUITE` in user-mode Linux: all cases of a suite, on the real host that the machine is. */
const suites: Readonly<Record<string, () => Promise<readonly ContractCase[]>>> = {
  async iscsi() {
    await startTarget();
    return connectorContract(iscsiUnderTest);
  },
  async nfs() {
    await startNfsServer();
    return connectorContract(nfsUnderTest);
  },
  async smbfs() {
    await startSmbServer();
    return connectorContract(smbfsUnderTest);
  },
  async crypt() {
    await startTarget();
    return cryptCases;
  },
};

const suite = process.argv[2] ?? '';
const cases = suites[suite];
if (!cases) throw new Error(`There is no suite "${suite}"`);
await reportCases(await cases());
// Servers of the suite are still there; the machine ends them.
process.exit();
