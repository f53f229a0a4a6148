import { type ConnectionData, invalid, optionalText, requiredText } from '../connection-data.ts';

/** An NVMe subsystem, and which of its namespaces is meant. */
export interface NvmeTarget {
  readonly nqn: string;
  readonly portals: readonly NvmePortal[];
  /** Of the namespace, when the connection info has them. */
  readonly uuid: string | undefined;
  readonly nguid: string | undefined;
}

export interface NvmePortal {
  /** `tcp`, `rdma`. */
  readonly transport: string;
  readonly address: string;
  readonly port: string;
}

/** Reads both forms of the volume service: one portal in fields, or a list of `[address, port, transport]`. */
export function nvmeTarget(data: ConnectionData): NvmeTarget {
  const nqn = optionalText(data, 'target_nqn') ?? requiredText(data, 'nqn');
  if (!/^nqn\.[A-Za-z0-9.:_-]{1,219}$/.test(nqn)) throw invalid('nqn', nqn, 'a name such as nqn.2014-08.org:nvme:1');
  const { portals } = data;
  return {
    nqn,
    portals: Array.isArray(portals) ? portals.map(listedPortal) : [singlePortal(data)],
    uuid: optionalText(data, 'vol_uuid')?.toLowerCase(),
    nguid: optionalText(data, 'volume_nguid')?.toLowerCase(),
  };
}

function singlePortal(data: ConnectionData): NvmePortal {
  return portal(
    requiredText(data, 'target_portal'),
    requiredText(data, 'target_port'),
    requiredText(data, 'transport_type'),
  );
}

function listedPortal(entry: unknown): NvmePortal {
  const fields: ConnectionData = Array.isArray(entry) ? Object.fromEntries(entry.entries()) : {};
  return portal(requiredText(fields, '0'), requiredText(fields, '1'), requiredText(fields, '2'));
}

function portal(address: string, port: string, transport: string): NvmePortal {
  const name = transport.toLowerCase().replace(/^rocev2$/, 'rdma');
  if (!/^[A-Za-z0-9][A-Za-z0-9.:%-]*$/.test(address)) throw invalid('target_portal', address, 'an address');
  if (!/^\d{1,5}$/.test(port)) throw invalid('target_port', port, 'a port');
  if (!['tcp', 'rdma'].includes(name)) throw invalid('transport_type', transport, 'tcp or rdma');
  return { transport: name, address, port };
}
