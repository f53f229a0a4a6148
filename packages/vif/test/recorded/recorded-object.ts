import type { VifObject } from '../../src/os-vif/vif-object.ts';
import type { Json } from './recorded-case.ts';

/** Fields that os-vif sets also where there is nothing. */
const nullable: readonly string[] = ['bridge_interface', 'mtu', 'datapath_type'];

/** Lists that are objects of os-vif, and what they hold. */
const lists: Readonly<Record<string, readonly [list: string, of: string]>> = {
  subnets: ['SubnetList', 'Subnet'],
  ips: ['FixedIPList', 'FixedIP'],
  routes: ['RouteList', 'Route'],
};

/** Our object as the recordings print os-vif's. */
export function recordedForm(object: VifObject): Json {
  return printed(object);
}

function printed(object: object, name?: string): Json {
  const entries = Object.entries(object).flatMap(([field, value]) => {
    const key = field === 'type' ? '__type__' : field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (value === undefined && !nullable.includes(key)) return [];
    return [[key, printedValue(key, value)] as const];
  });
  return { ...(name !== undefined && { __type__: name }), ...Object.fromEntries(entries) };
}

function printedValue(key: string, value: unknown): unknown {
  const list = lists[key];
  if (list && Array.isArray(value)) {
    return { __type__: list[0], objects: value.map((one: object) => printed(one, list[1])) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? null;
  return printed(value, key === 'network' ? 'Network' : undefined);
}
