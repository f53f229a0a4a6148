/**
 * The contract of a {@link VolumeConnector}, for those who write another one.
 *
 * @packageDocumentation
 */
export { connectorContract } from './connector-contract.ts';
export type { ConnectorSetup, ConnectorUnderTest, ContractCase } from './connector-under-test.ts';
export { type ExecFault, type FaultyExec, faultyExec } from './faulty-exec.ts';
