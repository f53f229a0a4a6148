import { systemClock } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nwfilterFirewall } from '../../src/firewall/firewall.ts';
import {
  dhcpRequest,
  type FilteredTap,
  filterName,
  filterObstacle,
  filterRequest,
  openFilteredTap,
} from '../filtered-tap.ts';

if (filterObstacle) process.stderr.write(`skipped, further filters of a real daemon: ${filterObstacle}\n`);

describe.skipIf(filterObstacle)('network filters of libvirt', () => {
  let tap: FilteredTap;
  beforeAll(async () => {
    tap = await openFilteredTap();
  }, 700_000);
  afterAll(() => tap?.[Symbol.asyncDispose]());

  test('of a VIF whose address a DHCP server gives', async () => {
    const { context } = tap;
    const before = await tap.filters();
    await nwfilterFirewall.setupBasicFiltering(dhcpRequest, context);
    await tap.bind();
    try {
      expect(await tap.passing()).toEqual(['own address', 'own ARP']);
    } finally {
      await tap.unbind();
    }
    await nwfilterFirewall.unfilterInstance(dhcpRequest, context);
    expect(await tap.filters()).toEqual(before);
  });

  test('in use stay, are tried again for as long as the caller waits, and go once their guest is gone', async () => {
    const { context } = tap;
    const before = await tap.filters();
    await nwfilterFirewall.setupBasicFiltering(filterRequest, context);
    await tap.bind();
    const impatient = { ...context, signal: AbortSignal.timeout(1200) };
    const refused = nwfilterFirewall.unfilterInstance(filterRequest, impatient);
    await expect(refused, 'while it is in use').rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await tap.filters()).toContain(filterName);
    const removing = nwfilterFirewall.unfilterInstance(filterRequest, context);
    await systemClock.sleep(300);
    await tap.unbind();
    await removing;
    expect(await tap.filters()).toEqual(before);
  });
});
