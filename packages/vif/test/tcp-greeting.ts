import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Exec } from '@spawnkit/effects';

const server = `const [address, ...ports] = process.argv.slice(1);
const greet = (socket) => socket.end('hello');
for (const port of ports) require('node:net').createServer(greet).listen(Number(port), address);
console.log('listening');`;
const client = `const [host, port, timeout] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: Number(port), timeout: Number(timeout) });
socket.on('data', (data) => { console.log(String(data)); socket.destroy(); });
socket.on('timeout', () => { console.log('silence'); socket.destroy(); });
socket.on('error', (error) => console.log(error.code));`;

/** A server in a network namespace says hello at each port, until it is ended. */
export async function greet(namespace: string, address: string, ports: readonly number[]): Promise<ChildProcess> {
  const words = [process.execPath, '-e', server, address, ...ports.map(String)];
  const serving = spawn('ip', ['netns', 'exec', namespace, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(serving.stdout, 'data');
  return serving;
}

export async function endGreeting(serving: ChildProcess | undefined): Promise<void> {
  if (!serving || serving.exitCode !== null || serving.signalCode !== null) return;
  serving.kill();
  await once(serving, 'exit');
}

/** What comes of asking: `hello`, `silence`, or the code of the error. */
export async function ask(exec: Exec, address: string, port: number, timeoutMs = 1500): Promise<string> {
  const words = ['-e', client, address, String(port), String(timeoutMs)];
  return (await exec(process.execPath, words, { timeoutMs: 20_000 })).stdout.trim();
}
