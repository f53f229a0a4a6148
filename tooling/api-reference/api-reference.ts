import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * Writes docs/api/PACKAGE.md from the declarations that the compiler made of a package: every exported name of its entry
 * points with its comment and signature. `node tooling/api-reference/api-reference.ts libvirt [--check]`; build first.
 * With `--check` nothing is written, and a difference is exit code 1.
 */
const root = join(import.meta.dirname, '../..');

/** An exported name and where it is declared. */
interface Exported {
  readonly name: string;
  readonly declaration: string;
  readonly comment: string;
}

if (import.meta.main) main(process.argv.slice(2));

function main(words: readonly string[]): void {
  const name = words.find((word) => !word.startsWith('--'));
  if (!name) {
    console.error('Of which package? Usage: api-reference PACKAGE [--check]');
    process.exit(2);
  }
  const file = join(root, 'docs/api', `${name}.md`);
  const text = reference(join(root, 'packages', name));
  if (!words.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${relative(root, file)} is out of date: run node tooling/api-reference/api-reference.ts ${name}`);
    process.exit(1);
  }
}

function reference(folder: string): string {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, { readonly types: string }>>;
  };
  const entries = Object.entries(exports).map(([path, { types }]) => entry(name + path.slice(1), join(folder, types)));
  const head = `# ${name}\n\nWritten by tooling/api-reference from the package's declarations.\n`;
  return [head, ...entries].join('\n');
}

function entry(specifier: string, file: string): string {
  const text = readFileSync(file, 'utf8');
  const about = /^\/\*\*\n([\s\S]*?)\*\//.exec(text)?.[1] ?? '';
  const whole = [...text.matchAll(/export (?:type )?\* from '([^']+)'/g)].map(([, from = '']) => from);
  const parts = [
    `## \`${specifier}\`\n`,
    `${plain(about).replace(/\n*@packageDocumentation\s*/, '')}\n`,
    ...whole.map(
      (from) => `Everything of \`${from.replace(/^\.\//, '').replace(/\.ts$/, '')}\`, which is generated.\n`,
    ),
    ...exportsOf(file, text)
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
      .map(section),
  ];
  return parts.join('\n');
}

function section({ name, declaration, comment }: Exported): string {
  return `### ${name}\n\n${comment ? `${comment}\n\n` : ''}\`\`\`ts\n${declaration}\n\`\`\`\n`;
}

function exportsOf(file: string, text: string): Exported[] {
  const found = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)].flatMap(
    ([, names = '', from = '']) => {
      const source = join(dirname(file), from.replace(/\.ts$/, '.d.ts'));
      const declared = readFileSync(source, 'utf8');
      return names
        .split(',')
        .map((name) => name.replace(/\btype\b/, '').trim())
        .filter(Boolean)
        .map((name) => exported(name, declared));
    },
  );
  const own = [...text.matchAll(/^export (?:declare )?(?:function|const|class|interface|type) (\w+)/gm)];
  return [...found, ...own.map(([, name = '']) => exported(name, text))];
}

/** The declaration of a name: up to the brace, or the semicolon, that ends it. */
function exported(name: string, text: string): Exported {
  const start = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type) ${name}\\b`,
    'm',
  ).exec(text);
  if (!start) throw new Error(`${name} is exported, but not declared where it comes from`);
  const rest = text.slice(start.index);
  const end = /^(?:\}.*|.*;)$/m.exec(rest);
  const block = /^[^\n]*\{$/m.test(rest.split('\n', 1)[0] ?? '') ? /^\}[^\n]*$/m.exec(rest) : end;
  const declaration = rest.slice(0, (block?.index ?? 0) + (block?.[0].length ?? 0));
  const before = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/.exec(text.slice(0, start.index));
  return { name, declaration: tidy(declaration), comment: plain(before?.[0] ?? '') };
}

function tidy(declaration: string): string {
  return declaration
    .replace(/^export (?:declare )?/, '')
    .replace(/^ {4}#private;\n/gm, '')
    .replace(/^( +)/gm, (indent) => ' '.repeat(indent.length / 2));
}

/** The words of a comment. */
function plain(comment: string): string {
  return comment
    .replace(/^\s*\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .trim();
}
