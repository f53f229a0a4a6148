import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nwfilterFirewall } from '../../src/firewall/firewall.ts';
import {
  type FilteredTap,
  filterName,
  filterObstacle,
  filterRequest,
  guestFrames,
  openFilteredTap,
} from '../filtered-tap.ts';

if (filterObstacle) process.stderr.write(`skipped, network filters of a real daemon: ${filterObstacle}\n`);

/** Real filters of libvirt on a tap device that a guest would have; its frames are sent as the guest would send them. */
describe.skipIf(filterObstacle)('network filters of libvirt', () => {
  let tap: FilteredTap;
  beforeAll(async () => {
    tap = await openFilteredTap();
  }, 700_000);
  afterAll(() => tap?.[Symbol.asyncDispose]());

  test('let what a guest sends under its own addresses pass, and nothing else; without them all of it', async () => {
    const { context } = tap;
    const before = await tap.filters();
    expect(await tap.passing()).toEqual(Object.keys(guestFrames));
    await nwfilterFirewall.setupBasicFiltering(filterRequest, context);
    await nwfilterFirewall.setupBasicFiltering(filterRequest, context);
    expect(await tap.filters()).toContain(filterName);
    await tap.bind();
    try {
      expect(await tap.passing()).toEqual(['own address', 'own ARP']);
    } finally {
      await tap.unbind();
    }
    await nwfilterFirewall.unfilterInstance(filterRequest, context);
    await nwfilterFirewall.unfilterInstance(filterRequest, context);
    expect(await tap.filters()).toEqual(before);
    expect(await tap.passing()).toEqual(Object.keys(guestFrames));
  });
});
