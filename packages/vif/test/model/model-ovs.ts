import type { ModelState } from './model-devices.ts';
import { CommandFailure } from './model-ip.ts';

/** `ovs-vsctl`, as far as plugging uses it: one transaction. Answers what it prints. */
export function runVsctl(state: ModelState, args: readonly string[]): string {
  const columns =
    args
      .find((word) => word.startsWith('--columns='))
      ?.slice('--columns='.length)
      .split(',') ?? [];
  const words = args.filter((word) => !/^--(?:timeout|format|columns)=/.test(word));
  const after = structuredClone({ bridges: state.bridges, ports: state.ports });
  const texts = split(words).map((command) => runOne(after, command, columns));
  Object.assign(state, after);
  return texts.join('');
}

type Database = Pick<ModelState, 'bridges' | 'ports'>;

function runOne(db: Database, given: readonly string[], columns: readonly string[]): string {
  const [verb, ...words] = given.filter((word) => !word.startsWith('--'));
  const [one = '', other = ''] = words;
  if (verb === 'list') return table(columns, listed(db, one));
  if (verb === 'find') {
    const name = JSON.parse(other.slice('name='.length)) as string;
    return table(
      columns,
      listed(db, one).filter((row) => row.name === name),
    );
  }
  if (verb === 'add-br') addBridge(db, one);
  else if (verb === 'add-port') addPort(db, one, other);
  else if (verb === 'del-port') db.ports = db.ports.filter((port) => port.name !== one);
  else if (verb === 'del-br') removeBridge(db, one);
  else if (verb === 'set') setColumns(db, words);
  else throw new CommandFailure(`ovs-vsctl: the model has no ${verb}`, 1);
  return '';
}

function addBridge(db: Database, name: string): void {
  if (!db.bridges.some((one) => one.name === name)) db.bridges.push({ name, datapathType: '', externalIds: {} });
}

function removeBridge(db: Database, name: string): void {
  db.bridges = db.bridges.filter((one) => one.name !== name);
  db.ports = db.ports.filter((one) => one.bridge !== name);
}

function addPort(db: Database, bridge: string, name: string): void {
  if (!db.bridges.some((one) => one.name === bridge))
    throw new CommandFailure(`ovs-vsctl: no bridge named ${bridge}`, 1);
  const found = db.ports.find((one) => one.name === name);
  if (found && found.bridge !== bridge) {
    throw new CommandFailure(
      `ovs-vsctl: "--may-exist add-port ${bridge} ${name}" but ${name} is on ${found.bridge}`,
      1,
    );
  }
  if (!found) db.ports.push({ name, bridge, type: '', options: {}, externalIds: {} });
}

function setColumns(db: Database, [tableName, name, ...assignments]: readonly string[]): void {
  const bridge = tableName === 'Bridge' ? db.bridges.find((one) => one.name === name) : undefined;
  const port = tableName === 'Interface' ? db.ports.find((one) => one.name === name) : undefined;
  for (const assignment of assignments) {
    const [, column = '', key, json = ''] = /^(\w+)(?::([\w-]+))?=(.*)$/.exec(assignment) ?? [];
    const value = String(JSON.parse(json));
    if (column === 'external_ids' && key) (bridge ?? port)!.externalIds[key] = value;
    else if (column === 'options' && key && port) port.options[key] = value;
    else if (column === 'type' && port) port.type = value;
    else if (column === 'datapath_type' && bridge) bridge.datapathType = value;
    // Of no effect before there is a device.
    else if (column !== 'mtu_request') throw new CommandFailure(`ovs-vsctl: the model has no column ${column}`, 1);
  }
}

function listed({ bridges, ports }: Database, tableName: string) {
  if (tableName === 'Bridge') {
    return bridges.map((one) => {
      const own = [one.name, ...ports.filter((port) => port.bridge === one.name).map((port) => port.name)];
      const external_ids = ['map', Object.entries(one.externalIds)];
      return { name: one.name, external_ids, ports: own.length === 1 ? uuid(own[0]) : ['set', own.map(uuid)] };
    });
  }
  return ports.map((one) => ({
    name: one.name,
    _uuid: uuid(one.name),
    external_ids: ['map', Object.entries(one.externalIds)],
  }));
}

/** A name stands for its row's uuid. */
function uuid(name: string | undefined): readonly unknown[] {
  return ['uuid', name];
}

function table(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  return JSON.stringify({ headings: columns, data: rows.map((row) => columns.map((column) => row[column])) });
}

function split(words: readonly string[]): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  for (const word of words) {
    if (word === '--') commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands.filter((command) => command.length > 0);
}
