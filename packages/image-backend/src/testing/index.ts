/**
 * What every backend has to do, as a list of cases for any test runner.
 *
 * @packageDocumentation
 */
export {
  type BackendSetup,
  type BackendUnderTest,
  backendContract,
  type ContractCase,
  type StorageUnderTest,
} from './backend-contract.ts';
