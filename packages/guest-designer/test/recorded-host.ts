import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Capabilities, DomainCapabilities, parse } from '@spawnkit/guest-config';
import type { FirmwareDescription, GuestArchitecture, HostFacts, HostNumaCell } from '../src/index.ts';
import { type Json, listOf, numberOf, recordOf, textOf, textsOf } from './recorded-case.ts';

/** One recorded host: its raw answers, and the facts that follow from them. */
export interface RecordedHost {
  readonly recorded: Json;
  readonly facts: HostFacts;
}

/** Reads a host description and the files it refers to. */
export async function readRecordedHost(directory: string, name: string): Promise<RecordedHost> {
  const read = (file: unknown) => readFile(join(directory, 'hosts', String(file)), 'utf8');
  const recorded = recordOf(JSON.parse(await read(`${name}.host.json`)));
  const capabilities = parse(Capabilities, await read(recorded.capabilities));
  const arch = textOf(recorded.arch) ?? '';
  const entries = listOf(recorded.domain_capabilities).map(recordOf);
  const known = entries.filter((one) => one.arch === arch && typeof one.file === 'string');
  const offers = await Promise.all(
    known.map(async (one) => ({ machine: String(one.machine), ...offerOf(await read(one.file)) })),
  );
  // Without the maker of the CPU, though all recorded PCs have AMD's: Nova 26 does not ask for it, and writes evmcs for all.
  const facts: HostFacts = {
    arch,
    libvirtVersion: numberOf(recorded.libvirt_version) ?? 0,
    hypervisorVersion: numberOf(recorded.hypervisor_version) ?? 0,
    guests: (capabilities.guests ?? []).map(guestOf),
    supportsUefi: offers.some(({ uefi }) => uefi),
    supportsSecureBoot: offers.some(({ secureBoot }) => secureBoot),
    cpuModelNames: textsOf(recordOf(recorded.cpu_model_names)[arch]),
    cpuModelFeatures: modelFeatures(JSON.parse(await read(recorded.model_features))),
    numaCells: (capabilities.host.topology?.cells.cells ?? []).map(cellOf),
    hostUuid: capabilities.host.uuid,
    onlineCpus: listOf(recorded.online_cpus).filter((one) => typeof one === 'number'),
    cpuController: recorded.cpu_controller === true,
    supportsDirectIo: recorded.supports_direct_io === true,
    kernelRelease: textOf(recorded.kernel_release) ?? '',
    firmware: listOf(recorded.loaders).map(recordOf).map(firmwareOf),
    pciInterfaceNames: textMap(recorded.pci_ifnames),
    vdpaDevices: textMap(recorded.vdpa_devices),
    machineId: textOf(recorded.machine_id),
    ...(recorded.amd_sev_kernel === true && {
      sev: Object.fromEntries(offers.flatMap(({ machine, sev }) => (sev ? [[machine, sev]] : []))),
    }),
  };
  return { recorded, facts };
}

function offerOf(xml: string) {
  const { os, features } = parse(DomainCapabilities, xml);
  const values = (name: string) => os?.loader?.choices?.find((choice) => choice.name === name)?.values ?? [];
  const { cbitpos, reducedPhysBits, supported } = features?.sev ?? {};
  const isSev = supported === true && cbitpos !== undefined && reducedPhysBits !== undefined;
  return {
    uefi: values('type').includes('pflash'),
    secureBoot: values('secure').includes('yes'),
    ...(isSev && { sev: { cbitpos, reducedPhysBits } }),
  };
}

type CapabilitiesGuest = NonNullable<Capabilities['guests']>[number];
type CapabilitiesCell = NonNullable<NonNullable<Capabilities['host']['topology']>['cells']['cells']>[number];

function guestOf({ arch }: CapabilitiesGuest): GuestArchitecture {
  return { arch: arch.name, machines: (arch.machines ?? []).map(({ name, canonical }) => ({ name, canonical })) };
}

function cellOf({ id, cpus, memory, pages = [] }: CapabilitiesCell): HostNumaCell {
  const all = cpus?.cpus ?? [];
  const cores = new Map(all.map((cpu) => [(cpu.siblings ?? [cpu.id]).join(), cpu.siblings ?? [cpu.id]]));
  return {
    id,
    cpus: all.map((cpu) => cpu.id),
    pageSizesKiB: pages.map(({ size }) => Number(size)),
    memoryMiB: Number((memory?.value ?? 0n) / 1024n),
    pages: pages.map(({ size, count }) => ({ sizeKiB: Number(size), total: Number(count) })),
    siblings: [...cores.values()],
  };
}

function firmwareOf(recorded: Json): FirmwareDescription {
  const mapping = recordOf(recorded.mapping);
  return {
    executable: textOf(recordOf(mapping.executable).filename) ?? '',
    nvramTemplate: textOf(recordOf(mapping['nvram-template']).filename) ?? '',
    targets: listOf(recorded.targets)
      .map(recordOf)
      .map((target) => ({ architecture: textOf(target.architecture) ?? '', machines: textsOf(target.machines) })),
    features: textsOf(recorded.features),
  };
}

function textMap(recorded: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(recordOf(recorded)).map(([key, value]) => [key, String(value)]));
}

function modelFeatures(recorded: unknown): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(recordOf(recorded)).map(([model, features]) => [model, textsOf(features)]));
}
