import type { Exec } from '@spawnkit/effects';
import type { ConnectionInfo } from '@spawnkit/instance';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import { volumeKeyOf } from '../volume-key.ts';

/** A connector with a host of its own, made for one case. */
export interface ConnectorUnderTest extends AsyncDisposable {
  readonly connector: VolumeConnector;
  readonly volume: ConnectionInfo;
  /** Another volume of the same target or share. Missing: volumes have nothing in common. */
  readonly sibling?: ConnectionInfo;
  /** What the host has now: anything that can be compared. */
  snapshot(): Promise<unknown>;
}

/** Makes a connector whose commands pass through `wrap`. */
export type ConnectorSetup = (wrap: (exec: Exec) => Exec) => Promise<ConnectorUnderTest>;

/** Rejects when the connector does something else than `name` says. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Connects a volume under its own key. */
export function connect({ connector }: ConnectorUnderTest, volume: ConnectionInfo, signal?: AbortSignal) {
  return connector.connect(volume.data, { volumeKey: volumeKeyOf(volume), signal });
}

export function disconnect({ connector }: ConnectorUnderTest, volume: ConnectionInfo, signal?: AbortSignal) {
  return connector.disconnect(volume.data, { volumeKey: volumeKeyOf(volume), signal });
}
