import { type Answers, DaemonError } from '@spawnkit/libvirt/testing';

/** The network filters of a model daemon. */
export interface ModelFilters {
  readonly answers: Answers;
  /** Name → document. */
  readonly documents: ReadonlyMap<string, string>;
}

/** A daemon's network filters, none at first. One that the domain's document names is in use. */
export function modelFilters(domainXml: () => string | undefined): ModelFilters {
  const documents = new Map<string, string>();
  const handle = (name: string) => {
    const xml = documents.get(name);
    if (xml === undefined) throw new DaemonError('NO_NWFILTER', `no nwfilter with matching name '${name}'`);
    const digits = /<uuid>([^<]+)</.exec(xml)?.[1]?.replaceAll('-', '') ?? '';
    return { name, uuid: new Uint8Array(Buffer.from(digits, 'hex')) };
  };
  const answers: Answers = {
    connectListAllNwfilters: () => ({ filters: [...documents.keys()].map(handle), ret: documents.size }),
    nwfilterLookupByName: ({ name }) => ({ nwfilter: handle(name) }),
    nwfilterDefineXml({ xml }) {
      const name = /<filter name=["']([^"']+)/.exec(xml)?.[1] ?? '';
      documents.set(name, xml);
      return { nwfilter: handle(name) };
    },
    nwfilterUndefine({ nwfilter: { name } }) {
      handle(name);
      const users = [domainXml() ?? '', ...documents.values()];
      if (users.some((xml) => new RegExp(`<filterref filter=["']${name}["']`).test(xml))) {
        throw new DaemonError('OPERATION_INVALID', 'nwfilter is in use');
      }
      documents.delete(name);
    },
  };
  return { answers, documents };
}
