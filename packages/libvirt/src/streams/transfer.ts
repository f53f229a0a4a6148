import type { Duplex } from 'node:stream';
import type { Procedure } from '../client/procedure.ts';
import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import type { RemoteNonnullStorageVol } from '../generated/types.gen.ts';
import { duplexOver } from './duplex.ts';
import type { OpenSibling, Sibling } from './siblings.ts';

/** The signal ends the transfer. */
export interface TransferOptions extends CallOptions {
  /** Where in the volume; default its beginning. */
  readonly offsetBytes?: bigint | undefined;
  /** How much; default to the volume's end. */
  readonly lengthBytes?: bigint | undefined;
  /** Runs of zeros travel as their length. */
  readonly sparse?: boolean | undefined;
  /**
   * Default false: the transfer gets a connection of its own, with the same URI and authentication, so that it neither
   * delays calls nor has to buffer. True: it shares this one.
   */
  readonly shared?: boolean | undefined;
}

export interface DownloadOptions extends TransferOptions {
  /** Received bytes that may wait for a slow reader on a shared connection; default 64 MiB. */
  readonly bufferLimitBytes?: number | undefined;
}

/** What a transfer is of. */
interface TransferLine {
  readonly client: RpcClient;
  readonly openSibling: OpenSibling;
  readonly procedure: Procedure<
    {
      readonly vol: RemoteNonnullStorageVol;
      readonly offset: bigint;
      readonly length: bigint;
      readonly flags: number;
    },
    undefined
  >;
  readonly vol: RemoteNonnullStorageVol;
}

interface OpenOptions extends DownloadOptions {
  readonly direction: 'read' | 'write';
  readonly segments?: boolean | undefined;
}

/** Opens an upload or download. Its connection, unless it is shared, ends with it. */
export async function openTransfer(line: TransferLine, options: OpenOptions): Promise<Duplex> {
  const { signal, shared = false } = options;
  if (shared) return transfer(line, options, { client: line.client });
  const sibling = await line.openSibling({ signal });
  const release = () => void sibling.client[Symbol.asyncDispose]();
  try {
    return (await transfer(line, options, sibling)).once('close', release);
  } catch (error) {
    release();
    throw error;
  }
}

async function transfer(
  { procedure, vol }: TransferLine,
  options: OpenOptions,
  { client, flow }: Pick<Sibling, 'client'> & Partial<Sibling>,
): Promise<Duplex> {
  const { offsetBytes = 0n, lengthBytes = 0n, sparse = false, direction, segments, signal, bufferLimitBytes } = options;
  const flags = sparse ? (procedure.stream?.sparseFlag ?? 0) : 0;
  const args = { vol, offset: offsetBytes, length: lengthBytes, flags };
  const { stream } = await client.openStream(procedure, args, { signal });
  return duplexOver(stream, { direction, sparse, segments, signal, flow, bufferLimitBytes });
}
