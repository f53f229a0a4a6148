import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A type expression of protocol.json; README.md there says what each kind means. */
export type TypeExpression =
  | { readonly kind: Primitive }
  | { readonly kind: 'string'; readonly max: number }
  | { readonly kind: 'opaque'; readonly length?: number; readonly max?: number }
  | { readonly kind: 'array'; readonly of: TypeExpression; readonly length?: number; readonly max?: number }
  | { readonly kind: 'optional'; readonly of: TypeExpression }
  | { readonly kind: 'ref'; readonly name: string };

export type Primitive = 'int' | 'uint' | 'hyper' | 'uhyper' | 'double' | 'char' | 'uchar' | 'short' | 'ushort';

export interface Field {
  readonly name: string;
  readonly type: TypeExpression;
  readonly enum?: string | readonly string[];
  readonly bitmask?: boolean;
  readonly unused?: boolean;
  readonly enumBy?: { readonly field: string; readonly table: 'lifecycleDetails' | 'stateReasons' };
}

export interface Arm {
  readonly cases: readonly { readonly value: number; readonly name: string }[];
  readonly name: string;
  readonly type: TypeExpression;
}

export type NamedType = { readonly name: string; readonly module: string } & (
  | { readonly kind: 'typedef'; readonly type: TypeExpression }
  | { readonly kind: 'enum' }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | {
      readonly kind: 'union';
      readonly discriminant: { readonly name: string; readonly type: TypeExpression };
      readonly arms: readonly Arm[];
    }
);

export interface WireProcedure {
  readonly number: number;
  readonly name: string;
  readonly method: string;
  readonly kind: 'call' | 'event' | 'message';
  readonly args?: string | null;
  readonly ret?: string | null;
  readonly msg?: string | null;
  readonly api?: string;
  readonly since: string | null;
  readonly sinceBetween?: readonly [string, string];
  readonly stream?: {
    readonly direction: 'read' | 'write';
    readonly bidirectional?: boolean;
    readonly sparseFlag?: { readonly value: number };
  };
  readonly fds?: object;
  readonly addFlags?: { readonly value: number };
  readonly event?: {
    readonly object: string;
    readonly id?: number;
    readonly idName?: string;
    readonly style: 'legacy' | 'callback' | 'close';
    readonly body: 'bare' | 'flat' | 'nested';
  };
}

export interface Program {
  readonly name: string;
  readonly idHex: string;
  readonly version: number;
  readonly procedures: readonly WireProcedure[];
}

export interface EventClass {
  readonly object: string;
  readonly idSpace: string | null;
  readonly filter: string | null;
  readonly register: string;
  readonly deregister: string;
}

export interface Protocol {
  readonly libvirt: string;
  readonly programs: readonly Program[];
  readonly eventClasses: readonly EventClass[];
  readonly types: readonly NamedType[];
  readonly wire: Readonly<Record<string, unknown>>;
}

export interface Enumeration {
  readonly prefix: string;
  /** Members that say how many there are, which nobody sends. */
  readonly sentinels?: readonly { readonly name: string; readonly value: number }[];
  readonly doc?: string;
  readonly bitmask?: boolean;
  readonly since?: string;
  readonly values: readonly {
    readonly name: string;
    readonly key: string;
    readonly value: number;
    readonly since?: string;
    readonly doc?: string;
  }[];
}

export interface ParameterName {
  readonly field: string;
  readonly type?: string;
  readonly part?: 'prefix' | 'suffix';
}

export interface Constants {
  readonly enums: Readonly<Record<string, Enumeration>>;
  readonly internalEnums: Readonly<Record<string, Enumeration>>;
  readonly macros: Readonly<Record<string, { readonly value: number }>>;
  readonly parameterNames: Readonly<Record<string, ParameterName>>;
  readonly lifecycleDetails: Readonly<Record<string, string>>;
  readonly stateReasons: Readonly<Record<string, string>>;
}

/** The facts of this directory, as they were read off libvirt. */
export function readProtocol(): Protocol {
  return readJson('protocol.json') as Protocol;
}

export function readConstants(): Constants {
  const constants = readJson('constants.json') as Constants;
  const enums = Object.entries(constants.enums).map(([name, one]) => [name, withMisfiledMembers(one)] as const);
  return { ...constants, enums: Object.fromEntries(enums) };
}

/** `VIR_NETWORK_UPDATE_COMMAND_ADD_LAST` stands among the sentinels for its name; a sentinel is above all members. */
function withMisfiledMembers(enumeration: Enumeration): Enumeration {
  const { values, sentinels = [], prefix } = enumeration;
  const greatest = Math.max(...values.map(({ value }) => value));
  const misfiled = sentinels
    .filter(({ value }) => value < greatest)
    .map(({ name, value }) => ({ name, key: name.slice(prefix.length), value }));
  return { ...enumeration, values: [...values, ...misfiled].sort((a, b) => a.value - b.value) };
}

/** Every named type by its name. */
export function typesByName({ types }: Protocol): ReadonlyMap<string, NamedType> {
  return new Map(types.map((type) => [type.name, type]));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'));
}
