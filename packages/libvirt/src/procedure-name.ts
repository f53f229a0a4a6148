import type * as procedures from './generated/procedures.gen.ts';

/** A procedure's name: libvirt's without `vir`, as in `@spawnkit/libvirt/rpc`. */
export type ProcedureName = keyof typeof procedures;
