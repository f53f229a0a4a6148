import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Certificates for one hour or so, made by openssl. */
export interface Pki extends Disposable {
  /** Directories in the form of `pkipath=`: of the server, of a client it knows, and of one by another authority. */
  readonly server: string;
  readonly client: string;
  readonly stranger: string;
}

/** Why there can be none; undefined when there can. */
export function pkiObstacle(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'openssl is missing; run tooling/setup/debian remote';
  }
}

/** The server's name is `localhost`, and no other. */
export function pki(): Pki {
  const root = mkdtempSync(join(tmpdir(), 'libvirt-pki-'));
  // Daemons run as another user.
  chmodSync(root, 0o755);
  authority(root, 'ours');
  authority(root, 'theirs');
  return {
    server: certificate(root, { by: 'ours', name: 'server', usage: 'serverAuth', alt: 'DNS:localhost' }),
    client: certificate(root, { by: 'ours', name: 'client', usage: 'clientAuth', alt: 'DNS:client' }),
    stranger: certificate(root, { by: 'theirs', name: 'stranger', usage: 'clientAuth', alt: 'DNS:stranger' }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

function authority(root: string, name: string): void {
  openssl(
    root,
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.pem`,
  );
}

interface Certificate {
  readonly by: string;
  readonly name: string;
  readonly usage: string;
  readonly alt: string;
}

function certificate(root: string, { by, name, usage, alt }: Certificate): string {
  const directory = join(root, name);
  execFileSync('mkdir', [directory]);
  writeFileSync(
    join(root, `${name}.ext`),
    `extendedKeyUsage=${usage}\nsubjectAltName=${alt}\nkeyUsage=digitalSignature,keyEncipherment\n`,
  );
  openssl(
    root,
    `req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=${name} -keyout ${name}/${kind(name)}key.pem -out ${name}.csr`,
  );
  openssl(
    root,
    `x509 -req -in ${name}.csr -CA ${by}.pem -CAkey ${by}.key -CAcreateserial -days 2 -extfile ${name}.ext -out ${name}/${kind(name)}cert.pem`,
  );
  chmodSync(join(directory, `${kind(name)}key.pem`), 0o644);
  // Whoever they are signed by, all of them know the server's authority.
  execFileSync('cp', [join(root, 'ours.pem'), join(directory, 'cacert.pem')]);
  return directory;
}

function kind(name: string): string {
  return name === 'server' ? 'server' : 'client';
}

function openssl(root: string, words: string): void {
  execFileSync('openssl', words.split(' '), { cwd: root, stdio: 'ignore' });
}
