import * as z from 'zod';

const portsHint = 'expected a port, or a range such as "8000-8100"';

/** What one rule lets in; what no rule lets in is dropped. */
export const securityGroupSchema = z.strictObject({
  /** Left out, all. */
  protocol: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'expected a protocol such as tcp, udp or icmp')
    .optional(),
  /** Of TCP and UDP; left out, all. */
  ports: z
    .union([z.number().int().min(0).max(65535), z.string().regex(/^\d{1,5}(?:-\d{1,5})?$/, portsHint)], {
      error: portsHint,
    })
    .optional(),
  /** Left out, from everywhere. */
  from: z.union([z.cidrv4(), z.cidrv6()], 'expected a range of addresses such as 192.0.2.0/24').default('0.0.0.0/0'),
});

export type SpecSecurityGroupRule = z.output<typeof securityGroupSchema>;
