import { expect, test } from 'vitest';
import { configDriveRequired } from './required.ts';

test('configDriveRequired follows the instance, the host and the image', () => {
  const fresh = { configDrive: '' };
  expect(configDriveRequired(fresh)).toBe(false);
  expect(configDriveRequired({ configDrive: 'True' })).toBe(true);
  expect(configDriveRequired(fresh, { forceConfigDrive: true })).toBe(true);
  expect(configDriveRequired({ ...fresh, launchedAt: '2026-01-01' }, { forceConfigDrive: true })).toBe(false);
  expect(configDriveRequired(fresh, { image: { properties: { img_config_drive: 'mandatory' } } })).toBe(true);
  expect(configDriveRequired(fresh, { image: { properties: { img_config_drive: 'optional' } } })).toBe(false);
});
