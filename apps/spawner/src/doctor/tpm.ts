import type { Check } from './finding.ts';

/** Whether guests can have a TPM. */
export const examineTpm: Check = async ({ host: { exec }, signal }) => {
  const what = 'tpm';
  try {
    for (const program of ['swtpm', 'swtpm_setup']) await exec(program, ['--version'], { signal, timeoutMs: 10_000 });
    return [{ what, verdict: 'good', detail: 'swtpm is installed' }];
  } catch {
    signal?.throwIfAborted();
    const fix = 'apt-get install swtpm swtpm-tools';
    return [{ what, verdict: 'absent', detail: '`tpm: true` needs swtpm and swtpm_setup', fix }];
  }
};
