import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What libvirt knows of QEMU on a host that encrypts memory with AMD SEV. The three texts are for the owner of a guest. */
const flag = "<flag name='sev-guest'/>";
const sev = `<sev>
    <cbitpos>47</cbitpos>
    <reducedPhysBits>1</reducedPhysBits>
    <pdh>AAAA</pdh>
    <certChain>AAAA</certChain>
    <cpu0Id>AAAA</cpu0Id>
  </sev>`;

/**
 * Makes a libvirt that takes this machine for one with AMD SEV, and answers its URI. It is libvirt's own QEMU driver inside of
 * the client, with all its state below the directory: once it has learnt to know this machine's QEMU, the memory encryption
 * that the processor lacks is added to what it keeps.
 */
export async function sevHost(directory: string): Promise<string> {
  const uri = `qemu:///embed?root=${directory}`;
  const ask = async () => {
    const args = ['-q', '-c', uri, 'domcapabilities', '--arch', 'x86_64', '--machine', 'q35'];
    return (await run('virsh', args, { timeout: 120_000 })).stdout;
  };
  await ask();
  const learnt = join(directory, 'cache/qemu/capabilities');
  for (const name of await readdir(learnt)) {
    const file = join(learnt, name);
    await writeFile(file, withSev(await readFile(file, 'utf8')));
  }
  if ((await ask()).includes("<sev supported='yes'>")) return uri;
  throw new Error('libvirt has not taken the memory encryption that was added to what it keeps about QEMU.');
}

function withSev(text: string): string {
  return text.replace(/(?=<flag )/, `${flag}\n  `).replace('</qemuCaps>', `  ${sev}\n</qemuCaps>`);
}
