import { BlockinfoError } from '@spawnkit/blockinfo';
import { build, Domain } from '@spawnkit/guest-config';
import { InstanceError } from '@spawnkit/instance';
import { DesignerError, designGuest } from '../src/index.ts';
import type { GuestXmlCase } from './recorded-case.ts';
import type { RecordedHost } from './recorded-host.ts';
import { requestOf } from './recorded-request.ts';

/** What we answer to a recorded case: a document, or the code of a refusal. */
export type Outcome =
  | { readonly xml: string }
  | { readonly code: string; readonly message: string; readonly context: Readonly<Record<string, unknown>> };

/** The document of a guest. */
export function documentOf(guest: Domain): string {
  return build(Domain, guest);
}

/** Designs the guest of a recorded case. Only refusals are caught: any other error is a bug. */
export function outcomeOf(one: GuestXmlCase, host: RecordedHost): Outcome {
  try {
    return { xml: documentOf(designGuest(requestOf(one, host))) };
  } catch (error) {
    if (error instanceof DesignerError || error instanceof BlockinfoError || error instanceof InstanceError) {
      return { code: error.code, message: error.message, context: { ...error.context } };
    }
    throw error;
  }
}
