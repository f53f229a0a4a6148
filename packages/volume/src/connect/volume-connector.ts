import type { ConnectionData } from '../connection-data.ts';

/** What connecting found or made, to be added to the connection data: `device_path`, … Plain, so that a journal takes it. */
export type Found = Readonly<Record<string, string>>;

export interface ConnectorOptions {
  /** One name for the volume on this host, fit for a file; see `volumeKeyOf`. */
  readonly volumeKey: string;
  readonly signal?: AbortSignal | undefined;
}

export interface DisconnectOptions extends ConnectorOptions {
  /** Data that cannot be flushed any more are given up. */
  readonly force?: boolean | undefined;
}

/**
 * The host's side of one type of volume. Both acts can be repeated, and be called after an interrupted one; neither removes
 * what others on the host use. A connector counts volumes; who uses a volume is counted by `openVolumes`.
 */
export interface VolumeConnector {
  /**
   * Makes the volume's bytes reachable. When it fails or is aborted, what it made is taken back first. Throws `VolumeError`
   * `CONNECT_FAILED`, `DEVICE_NOT_FOUND`, `MOUNT_INVALID`, `TOOL_MISSING`, `INVALID_CONNECTION_INFO`, or the signal's reason.
   */
  connect(data: ConnectionData, options: ConnectorOptions): Promise<Found>;
  /**
   * The inverse; does nothing for a volume that is not connected. The data may lack their secrets. Throws `VolumeError`
   * `DISCONNECT_FAILED`, `DEVICE_NOT_FOUND`, `TOOL_MISSING`, or the signal's reason.
   */
  disconnect(data: ConnectionData, options: DisconnectOptions): Promise<void>;
}
