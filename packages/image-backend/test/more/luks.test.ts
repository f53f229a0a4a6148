import { describe, test } from 'vitest';
import { backendContract } from '../../src/testing/index.ts';
import { luksUnderTest } from '../luks.ts';

describe('qcow2Backend with encryption', () => {
  for (const { name, run } of backendContract(luksUnderTest)) test(name, run);
});
