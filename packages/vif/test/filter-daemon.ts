import { type Answers, DaemonError } from '@spawnkit/libvirt/testing';

/** Answers of a daemon that keeps network filters, and refuses to remove those that are used. */
export interface FilterDaemon {
  readonly answers: Answers;
  /** Every document that was defined, in order. */
  readonly defined: readonly string[];
  /** Names of the filters that are there. */
  names(): readonly string[];
  /** How many times from now on a filter counts as used. */
  busy: Map<string, number>;
}

export function filterDaemon(present: Readonly<Record<string, string>> = {}): FilterDaemon {
  const filters = new Map(Object.entries(present).map(([name, uuid]) => [name, handle(name, uuid)]));
  const defined: string[] = [];
  const busy = new Map<string, number>();
  const found = (name: string) => {
    const filter = filters.get(name);
    if (filter) return filter;
    throw new DaemonError('NO_NWFILTER', `Network filter not found: no nwfilter with matching name '${name}'`);
  };
  const answers: Answers = {
    nwfilterLookupByName: ({ name }) => ({ nwfilter: found(name) }),
    nwfilterDefineXml({ xml }) {
      const name = part(xml, /<filter name="([^"]+)"/);
      const nwfilter = handle(name, part(xml, /<uuid>([^<]+)</));
      const before = filters.get(name);
      if (before && !before.uuid.every((byte, at) => byte === nwfilter.uuid[at])) {
        throw new DaemonError('OPERATION_FAILED', `filter '${name}' already exists with another uuid`);
      }
      defined.push(xml);
      filters.set(name, nwfilter);
      return { nwfilter };
    },
    nwfilterUndefine({ nwfilter: { name } }) {
      const times = busy.get(name) ?? 0;
      busy.set(name, times - 1);
      if (times > 0) throw new DaemonError('OPERATION_INVALID', 'Requested operation is not valid: nwfilter is in use');
      found(name);
      filters.delete(name);
    },
    connectListAllNwfilters: () => ({ filters: [...filters.values()], ret: filters.size }),
  };
  return { answers, defined, busy, names: () => [...filters.keys()] };
}

function handle(name: string, uuid: string) {
  return { name, uuid: new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex')) };
}

function part(xml: string, pattern: RegExp): string {
  const found = pattern.exec(xml)?.[1];
  if (found === undefined) throw new Error(`no ${String(pattern)} in ${xml}`);
  return found;
}
