import { describe, expect, test } from 'vitest';
import { firstXmlDifference } from '../test/same-xml.ts';
import { build, check, parse } from './document.ts';
import { describeIssue, GuestConfigError, type GuestConfigIssue } from './errors.ts';
import { RedirDev } from './schema/chardev.ts';
import { Disk } from './schema/disk.ts';
import { Domain } from './schema/domain.ts';
import { Interface } from './schema/interface.ts';
import { GiB } from './size.ts';

const compact = { pretty: false } as const;

function issueOf(call: () => unknown): GuestConfigIssue {
  try {
    call();
  } catch (error) {
    if (error instanceof GuestConfigError) return error.context;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Reads and writes a disk, wrapped into nothing. */
function disk(xml: string): string {
  return build(Disk, parse(Disk, xml), compact);
}

describe('parse', () => {
  test('gives numbers, booleans, sets and variants', () => {
    const guest = parse(
      Domain,
      `<domain type='kvm'><name>one</name><memory unit='GiB'>2</memory><vcpu cpuset='0-3,^2'>4</vcpu>
         <devices><disk type='network' device='disk'>
           <source protocol='rbd' name='p/i'><host name='h' port='6789'/></source>
         <target dev='vda' bus='virtio'/><readonly/></disk></devices></domain>`,
    );
    expect(guest).toMatchObject({
      type: 'kvm',
      memory: { value: 2n, unit: 'GiB' },
      vcpu: { value: 4, cpuset: [0, 1, 3] },
      devices: { disks: [{ type: 'network', readonly: true, source: { protocol: 'rbd', hosts: [{ port: 6789 }] } }] },
    });
  });

  test('takes the default variant where the discriminant is absent, and leaves it absent', () => {
    const value = parse(Disk, `<disk><source file='/a'/></disk>`);
    expect(value.type).toBeUndefined();
    expect(build(Disk, value, compact)).toBe('<disk><source file="/a"/></disk>');
  });

  test.each<[string, string, Partial<GuestConfigIssue>]>([
    ['another root', `<disks/>`, { code: 'WRONG_ELEMENT', path: '/disks', line: 1, column: 1, found: '<disks>' }],
    [
      'a missing attribute',
      `<disk type='network'>\n  <source name='a'/>\n</disk>`,
      { code: 'MISSING', path: '/disk/source', line: 2, column: 3 },
    ],
    [
      'an unknown variant as root',
      `<disk type='new'/>`,
      { code: 'UNKNOWN_VALUE', path: '/disk/@type', line: 1, column: 7, found: '"new"' },
    ],
    [
      'text that is no number',
      `<disk type='nvme'><source namespace='one'/></disk>`,
      { code: 'INVALID_VALUE', path: '/disk/source/@namespace', found: '"one"' },
    ],
    ['half a document', `<disk>\n<source>`, { code: 'MALFORMED_XML', line: 2, column: 9 }],
  ])('refuses %s and says where', (_, xml, expected) => {
    expect(issueOf(() => parse(Disk, xml))).toMatchObject(expected);
  });

  test('refuses an unknown word that the root must have', () => {
    expect(issueOf(() => parse(RedirDev, `<redirdev\n  bus = "pci" type="tcp"/>`))).toMatchObject({
      code: 'UNKNOWN_VALUE',
      path: '/redirdev/@bus',
      line: 2,
      column: 3,
      expected: 'usb',
      found: '"pci"',
    });
  });

  test('counts elements of one name in paths', () => {
    const xml = `<domain type='kvm'><name>a</name><devices><disk/><interface type='user'/><disk>
      <target/></disk></devices></domain>`;
    expect(issueOf(() => parse(Domain, xml))).toMatchObject({
      path: '/domain/devices/disk[2]/target',
      line: 2,
      column: 7,
    });
  });

  test('throws errors that a person can read', () => {
    expect(() => parse(Disk, `<disk type='blok'/>`)).toThrow(
      '/disk/@type (1:7): found "blok", expected file, block, dir, network, volume, nvme, vhostuser, vhostvdpa',
    );
  });

  test('is strict on demand', () => {
    const xml = `<disk speed='1'/>`;
    expect(parse(Disk, xml).$extra).toEqual({ attrs: { speed: '1' } });
    expect(issueOf(() => parse(Disk, xml, { strict: true }))).toMatchObject({
      code: 'UNKNOWN_NAME',
      path: '/disk/@speed',
      column: 7,
    });
  });
});

describe('what the schema does not know', () => {
  test.each([
    ['attributes', `<disk speed="1" device="disk"/>`],
    ['elements', `<disk><target dev="vda"/><turbo level="3"><now/></turbo></disk>`],
    ['text', `<disk>words</disk>`],
    ['a word of a closed list', `<disk device="tape"/>`],
    ['a number of another form', `<disk><target dev="vda" rotation_rate="fast"/></disk>`],
    ['attributes and children of a text', `<disk><serial check="yes">one<by/></serial></disk>`],
    ['a flag with something in it', `<disk><readonly reason="old"/></disk>`],
    ['a flag with text', `<disk><readonly>very</readonly></disk>`],
    ['a second element where one is known', `<disk><target dev="vda"/><target dev="vdb"/></disk>`],
    ['a variant that is not known', `<disk><address type="warp" factor="9"><x/></address></disk>`],
    ['an element with an unknown word it must have', `<disk><auth username="u"><secret type="vault"/></auth></disk>`],
  ])('is kept: %s', (_, xml) => {
    expect(disk(xml).replaceAll(/ (speed="1") (device="disk")/g, ' $2 $1')).toBe(
      xml.replaceAll(/ (speed="1") (device="disk")/g, ' $2 $1'),
    );
    expect(check(Disk, xml).length).toBeGreaterThan(0);
    expect(() => parse(Disk, xml, { strict: true })).toThrow(GuestConfigError);
  });

  test('keeps its place among the known ones of its name', () => {
    const xml = `<devices><disk><target dev="a"/></disk><disk type="new"/><disk><target dev="b"/></disk></devices>`;
    const guest = `<domain type="kvm"><name>n</name>${xml}</domain>`;
    expect(build(Domain, parse(Domain, guest), compact)).toBe(guest);
  });

  test('gives way to a field that is set later', () => {
    const read = parse(Disk, `<disk device="tape"/>`);
    expect(build(Disk, { ...read, device: 'cdrom' }, compact)).toBe('<disk device="cdrom"/>');
  });

  test('is told by check, all of it', () => {
    const issues = check(Disk, `<disk speed='1' device='tape'><turbo/><target/></disk>`);
    expect(issues.map(({ code, path }) => [code, path])).toEqual([
      ['UNKNOWN_NAME', '/disk/@speed'],
      ['UNKNOWN_VALUE', '/disk/@device'],
      ['UNKNOWN_NAME', '/disk/turbo'],
      ['MISSING', '/disk/target'],
    ]);
    expect(issues.map(describeIssue)[3]).toBe('/disk/target (1:39): found none, expected the attribute dev (text)');
  });
});

describe("what libvirt's schema forbids although each part is known", () => {
  test.each<[string, string, Partial<GuestConfigIssue>]>([
    ['a disk without target', `<disk><source file='/a'/></disk>`, { code: 'MISSING', path: '/disk' }],
    [
      'a LUN that is a file',
      `<disk device='lun'><target dev='sda'/></disk>`,
      { code: 'INVALID_VALUE', path: '/disk/@device', found: '"lun"' },
    ],
    [
      'an iSCSI source without host',
      `<disk type='network'><source protocol='iscsi' name='a'/><target dev='sda'/></disk>`,
      { code: 'MISSING', path: '/disk/source', expected: 'a <host>' },
    ],
    [
      'a slot that no PCI bus has',
      `<disk><target dev='sda'/><address type='pci' slot='0x20'/></disk>`,
      { code: 'INVALID_VALUE', path: '/disk/address/@slot' },
    ],
  ])('is read and written, and told by check: %s', (_, xml, expected) => {
    const value = parse(Disk, xml);
    expect(firstXmlDifference(xml, build(Disk, value))).toBeUndefined();
    expect(check(Disk, xml)).toMatchObject([expected]);
    expect(issueOf(() => parse(Disk, xml, { strict: true }))).toMatchObject(expected);
  });

  test('is told of a value, too', () => {
    expect(check(Disk, { device: 'lun', target: { dev: 'sda' } })).toMatchObject([
      { code: 'INVALID_VALUE', path: '/disk/@device', found: '"lun"' },
    ]);
    expect(check(Disk, {})).toMatchObject([{ code: 'MISSING', path: '/disk' }]);
    expect(issueOf(() => build(Disk, { target: { dev: 'sda' }, address: { type: 'pci', slot: 32 } }))).toMatchObject({
      code: 'INVALID_VALUE',
      path: '/disk/address/@slot',
    });
  });
});

test('check tells a hundred issues at most', () => {
  expect(check(Disk, `<disk>${'<turbo/>'.repeat(150)}</disk>`)).toHaveLength(100);
});

describe('spelling', () => {
  const address = '<address type="pci" bus="010" slot="0x8"/>';
  const xml = `<interface type="user"><mac address="52:54:00:AB:00:01"/><mtu size="01500"/>${address}</interface>`;

  test('of numbers that were not changed stays', () => {
    expect(build(Interface, parse(Interface, xml), compact)).toBe(xml);
  });

  test('is canonical for those that were', () => {
    const read = parse(Interface, xml);
    const moved = { ...read, address: { ...read.address, type: 'pci', slot: 9 } } as const;
    expect(build(Interface, moved, compact)).toContain('<address type="pci" bus="010" slot="0x09"/>');
    expect(build(Interface, { ...read, mtu: { size: 9000 } }, compact)).toContain('<mtu size="9000"/>');
  });

  test('does not come back when a list is changed', () => {
    const guest = parse(Domain, `<domain type='kvm'><name>a</name><os><type>hvm</type><boot dev='hd'/></os></domain>`);
    const boots = [{ dev: 'network' as const }, ...(guest.os?.boots ?? [])];
    expect(build(Domain, { ...guest, os: { type: { value: 'hvm' }, boots } }, compact)).toContain(
      '<boot dev="network"/><boot dev="hd"/>',
    );
  });
});

describe('namespaces', () => {
  const root = `<domain type="kvm" xmlns:X><name>a</name>Y</domain>`;
  const qemu = 'http://libvirt.org/schemas/domain/qemu/1.0';

  test.each([
    [
      'with the usual prefix',
      root.replace('X', `qemu="${qemu}"`).replace('Y', '<qemu:commandline><qemu:arg value="-S"/></qemu:commandline>'),
    ],
    [
      'with another prefix',
      root.replace('X', `q="${qemu}"`).replace('Y', '<q:commandline><q:arg value="-S"/></q:commandline>'),
    ],
    [
      'as default namespace',
      root.replace(' xmlns:X', '').replace('Y', `<commandline xmlns="${qemu}"><arg value="-S"/></commandline>`),
    ],
  ])('are compared by their names, %s', (_, xml) => {
    const guest = parse(Domain, xml, { strict: true });
    expect(guest.qemuCommandline).toMatchObject({ args: [{ value: '-S' }] });
    const again = parse(Domain, build(Domain, guest), { strict: true });
    expect(again.qemuCommandline).toMatchObject({ args: [{ value: '-S' }] });
  });

  test('are declared at the root when a field needs them', () => {
    const xml = build(Domain, { type: 'kvm', name: 'a', qemuCommandline: { args: [{ value: '-S' }] } }, compact);
    expect(xml).toBe(
      root.replace('X', `qemu="${qemu}"`).replace('Y', '<qemu:commandline><qemu:arg value="-S"/></qemu:commandline>'),
    );
  });

  test('an element of the same name without the namespace is another one', () => {
    const xml = root.replace(' xmlns:X', '').replace('Y', '<commandline><arg value="-S"/></commandline>');
    const guest = parse(Domain, xml);
    expect(guest.qemuCommandline).toBeUndefined();
    expect(build(Domain, guest, compact)).toBe(xml);
  });

  test('of foreign metadata are kept, wherever they were declared', () => {
    const xml = root
      .replace('X', `app="urn:app"`)
      .replace('Y', '<metadata><app:a app:at="1"><app:b>x</app:b> mixed </app:a><o xmlns="urn:other"/></metadata>');
    expect(build(Domain, parse(Domain, xml, { strict: true }), compact)).toBe(xml);
    const { metadata } = parse(Domain, xml);
    expect(build(Domain, { type: 'kvm', name: 'a', metadata }, compact)).toContain(
      '<app:a xmlns:app="urn:app" app:at="1">',
    );
  });

  test('of kept elements must be bound', () => {
    const metadata = { nodes: [{ name: 'app:a' }] };
    expect(issueOf(() => build(Domain, { type: 'kvm', name: 'a', metadata }))).toMatchObject({
      code: 'MALFORMED_XML',
      path: '/domain/metadata/app:a',
    });
  });
});

describe('build', () => {
  test('prints as libvirt does', () => {
    const xml = build(Domain, {
      devices: { disks: [{ target: { dev: 'vda', bus: 'virtio' }, type: 'file', source: { file: '/a' } }] },
      os: { type: { machine: 'q35', arch: 'x86_64', value: 'hvm' } },
      vcpu: { value: 2 },
      memory: GiB(2),
      name: 'one',
      type: 'kvm',
    });
    expect(xml).toBe(`<domain type="kvm">
  <name>one</name>
  <memory unit="GiB">2</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
  </os>
  <devices>
    <disk type="file">
      <source file="/a"/>
      <target dev="vda" bus="virtio"/>
    </disk>
  </devices>
</domain>`);
  });

  test('does not indent a document that it would change by that', () => {
    const nodes = [{ name: 'p', kids: ['one ', { name: 'b', kids: ['two'] }] }];
    expect(build(Domain, { type: 'kvm', name: 'a', metadata: { nodes } })).toContain('<p>one <b>two</b></p>');
  });

  test('writes what looks like markup as text', () => {
    const text = `<b>&amp;</b>]]>&#10;"'\t\r\n{"a":1}`;
    const xml = build(Domain, { type: 'kvm', name: text, title: text, os: { type: { value: 'hvm', machine: text } } });
    expect(parse(Domain, xml)).toMatchObject({ name: text, title: text, os: { type: { machine: text } } });
  });

  test.each(['\u0000', '\u0001', '\u001b[31m', '\ud800', '\ufffe'])('refuses the character %j', (character) => {
    const place = { code: 'INVALID_VALUE', path: '/domain/name' };
    expect(issueOf(() => build(Domain, { type: 'kvm', name: character }))).toMatchObject(place);
    const kept = { type: 'kvm', name: 'a', $extra: { attrs: { note: character } } };
    expect(issueOf(() => build(Domain, kept))).toMatchObject({ ...place, path: '/domain/@note' });
    const metadata = { nodes: [{ name: 'a', kids: [character] }] };
    expect(issueOf(() => build(Domain, { type: 'kvm', name: 'a', metadata }))).toMatchObject({ code: 'INVALID_VALUE' });
  });

  test.each<[string, object, Partial<GuestConfigIssue>]>([
    ['a field of no element', { nmae: 'a' }, { code: 'UNKNOWN_NAME', path: '/disk' }],
    ['a variant that does not exist', { type: 'blok' }, { code: 'UNKNOWN_VALUE', path: '/disk/@type' }],
    ['a number for a word', { device: 1 }, { code: 'UNKNOWN_VALUE', path: '/disk/@device', found: 'the number 1' }],
    ['one element for a list', { source: { seclabels: {} } }, { code: 'INVALID_VALUE', path: '/disk/source/seclabel' }],
    ['text for an element', { target: 'vda' }, { code: 'INVALID_VALUE', path: '/disk/target', found: '"vda"' }],
    ['nothing for a required attribute', { target: {} }, { code: 'MISSING', path: '/disk/target/@dev' }],
    ['a word for a flag', { readonly: 'yes' }, { code: 'INVALID_VALUE', path: '/disk/readonly' }],
    [
      'names that would be markup',
      { $extra: { kids: [{ name: 'a><b' }] } },
      { code: 'MALFORMED_XML', path: '/disk/a><b' },
    ],
  ])('refuses %s', (_, value, expected) => {
    expect(issueOf(() => build(Disk, value as Disk))).toMatchObject(expected);
    expect(check(Disk, value as Disk)[0]).toMatchObject(expected);
  });

  test('takes undefined and false flags for absent', () => {
    expect(build(Disk, { device: undefined, readonly: false, shareable: true }, compact)).toBe(
      '<disk><shareable/></disk>',
    );
  });
});
