import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aVolume } from '../test/a-volume.ts';
import { sealSecrets, withoutSecrets } from './secret-fields.ts';
import { volumeKeyOf } from './volume-key.ts';

const canary = 'c4n4ry';
const volumes = [
  aVolume('iscsi', { target_iqn: 'iqn.x', auth_username: 'u', auth_password: canary, discovery_auth_password: canary }),
  aVolume('smbfs', { export: '//h/s', name: 'x', options: `-o username=u,password=${canary}` }),
  aVolume('vzstorage', { export: `mds1,mds2:/cluster:${canary}`, name: 'x' }),
  aVolume('rbd', { name: 'p/i', keyring: canary }),
  aVolume('scaleio', { scaleIO_volume_id: 'abc', serverToken: canary, serverPassword: canary }),
];

test('sealed connection infos show their secrets nowhere', () => {
  for (const volume of volumes) {
    const sealed = sealSecrets(volume);
    expect(`${inspect(sealed, { depth: 9 })}${JSON.stringify(sealed)}`).not.toContain(canary);
    expect(sealSecrets(sealed)).toEqual(sealed);
  }
});

test('what is left without secrets is plain, names the same volume, and keeps what tells a share', () => {
  for (const volume of volumes) {
    const left = withoutSecrets(volume);
    expect(JSON.parse(JSON.stringify(left))).toEqual(left);
    expect(JSON.stringify(left)).not.toContain(canary);
    expect(withoutSecrets(left)).toEqual(left);
  }
  expect(withoutSecrets(aVolume('vzstorage', { export: 'mds1:/c:x' })).data['export']).toBe('mds1:/c');
});

test('a volume has one key, whatever connecting adds and however its data are ordered', () => {
  const [name, text] = [fc.stringMatching(/^[a-z]{1,9}$/), fc.string({ minLength: 1 })];
  fc.assert(
    fc.property(fc.dictionary(name, text), text, (data, path) => {
      const key = volumeKeyOf(sealSecrets(aVolume('iscsi', data)));
      const reversed = Object.fromEntries(Object.entries(data).toReversed());
      expect(key).toMatch(/^[0-9a-f]{32}$/);
      expect(volumeKeyOf(sealSecrets(aVolume('iscsi', { ...reversed, device_path: path })))).toBe(key);
    }),
  );
});
