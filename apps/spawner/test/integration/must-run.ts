import { expect } from 'vitest';
import type { CliResult, Workspace } from './workspace.ts';

/** Runs commands that have to succeed, on a workspace that is opened by then. */
export function mustRun(workspaceOf: () => Pick<Workspace, 'cli'>): (...args: readonly string[]) => Promise<CliResult> {
  return async (...args) => {
    const result = await workspaceOf().cli(args);
    expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
    return result;
  };
}
