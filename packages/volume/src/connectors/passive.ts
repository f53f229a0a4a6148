import type { VolumeConnector } from '../connect/volume-connector.ts';

/** Volumes for which the host has nothing to do: local, gpfs, rbd, fake. */
export const passiveConnector: VolumeConnector = {
  async connect(_, { signal }) {
    signal?.throwIfAborted();
    return {};
  },
  async disconnect(_, { signal }) {
    signal?.throwIfAborted();
  },
};
