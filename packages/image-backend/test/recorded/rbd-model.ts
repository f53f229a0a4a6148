import { EffectsError, type ExecOptions, type ExecResult } from '@spawnkit/effects';
import type { RbdModelImage, RbdPools } from './recorded-case.ts';

/** A cluster as the recordings have one: pools of images with sizes, snapshots and parents, and no bytes. */
export interface RbdModel {
  readonly pools: Record<string, Record<string, RbdModelImage>>;
  /** Answers `rbd` as the real program does: exit codes are numbers of errno. */
  readonly run: (args: readonly string[], options: ExecOptions, bytesOf: (path: string) => number) => ExecResult;
}

export function rbdModel(initial: RbdPools): RbdModel {
  const pools = structuredClone(initial) as RbdModel['pools'];
  const find = (spec: string) => {
    const [name = '', snapshot] = spec.split('@');
    const [pool = '', image = ''] = name.split('/');
    return { images: (pools[pool] ??= {}), image, snapshot, pool, found: pools[pool]?.[image] };
  };

  function act(args: readonly string[], bytesOf: (path: string) => number): number | string {
    const [verb = '', ...more] = args;
    const words = more.filter((word) => word !== '--no-progress');
    const sizeAt = words.indexOf('--size');
    const size = sizeAt < 0 ? 0 : Number(words[sizeAt + 1]?.replace(/B$/, ''));
    const specs = words.filter((word, at) => !word.startsWith('--') && !words[at - 1]?.startsWith('--'));
    if (verb === 'snap') return snap(words[0] ?? '', specs[1] ?? '');
    const [first = '', second = ''] = specs;
    const { found, images, image, snapshot } = find(first);
    switch (verb) {
      case 'ls':
        return JSON.stringify(Object.keys(pools[first] ?? {}));
      case 'info':
        if (!found || (snapshot !== undefined && !found.snaps[snapshot])) return 2;
        return JSON.stringify({ size: found.size, ...(found.parent ? { parent: { pool: found.parent[0] } } : {}) });
      case 'status':
        return found ? '{"watchers":[]}' : 2;
      case 'create':
        if (found) return 17;
        images[image] = { size, snaps: {}, parent: null };
        return 0;
      case 'import':
        return put(second, { size: bytesOf(first), snaps: {}, parent: null });
      case 'clone':
        return clone(first, second);
      case 'rename': {
        if (!found || find(second).found) return found ? 17 : 2;
        delete images[image];
        return put(second, found);
      }
      case 'resize':
        if (!found) return 2;
        found.size = size;
        return 0;
      case 'flatten':
        if (!found?.parent) return found ? 22 : 2;
        found.parent = null;
        return 0;
      case 'rm':
        if (!found) return 2;
        if (Object.keys(found.snaps).length > 0) return 39;
        delete images[image];
        return 0;
      default:
        throw new Error(`the model of rbd does not know "${args.join(' ')}"`);
    }
  }

  function put(spec: string, content: RbdModelImage): number {
    const { images, image, found } = find(spec);
    if (found) return 17;
    images[image] = content;
    return 0;
  }

  function clone(parent: string, child: string): number {
    const { found, pool, image, snapshot = '' } = find(parent);
    if (!found?.snaps[snapshot]) return 2;
    if (!found.snaps[snapshot].protected) return 22;
    return put(child, { size: found.size, snaps: {}, parent: [pool, image, snapshot] });
  }

  function snap(verb: string, spec: string): number {
    const { found, snapshot = '' } = find(spec);
    if (!found) return 2;
    const kept = found.snaps[snapshot];
    if (verb === 'purge') return Object.values(found.snaps).some((one) => one.protected) ? 16 : ((found.snaps = {}), 0);
    if (verb === 'create') return kept ? 17 : ((found.snaps[snapshot] = { protected: false }), 0);
    if (!kept) return 2;
    if (verb === 'rm') return kept.protected ? 16 : (delete found.snaps[snapshot], 0);
    if (verb === 'unprotect' && !kept.protected) return 22;
    if (verb !== 'rollback') kept.protected = verb === 'protect';
    return 0;
  }

  return {
    pools,
    run(args, { okExitCodes = [0] }, bytesOf) {
      const answer = act(withoutClient(args), bytesOf);
      const exitCode = typeof answer === 'number' ? answer : 0;
      const stderr = exitCode === 22 ? 'librbd: image has no parent' : '';
      if (okExitCodes.includes(exitCode)) return { exitCode, stderr, stdout: typeof answer === 'string' ? answer : '' };
      throw new EffectsError('EXEC_FAILED', `rbd ${args.join(' ')} failed with exit code ${exitCode}`, {
        file: 'rbd',
        args,
        exitCode,
        stderr,
      });
    },
  };
}

/** Without the options that say which cluster and user are meant. */
export function withoutClient(args: readonly string[]): readonly string[] {
  const client = [
    '--id',
    '--conf',
    '--keyring',
    '--client-mount-timeout',
    '--rados-osd-op-timeout',
    '--format',
    '--image-format',
  ];
  return args.filter((word, at) => !client.includes(word) && !client.includes(args[at - 1] ?? ''));
}
