/** `remote_domain_get_state_ret` → `RemoteDomainGetStateRet`, `virNetStreamHole` → `VirNetStreamHole`. */
export function typeName(name: string): string {
  return upperFirst(camelCase(name));
}

/** `need_results` → `needResults`; what has no underscore stays (`callbackID`). */
export function camelCase(name: string): string {
  return name.replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `virDomainState` → `DomainState`, `remote_auth_type` → `AuthType`. */
export function enumName(name: string): string {
  return typeName(name.replace(/^(?:vir|remote_)/, ''));
}

/** `VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2` → `blockJob2`. */
export function eventKind(idName: string): string {
  return camelCase(idName.replace(/^VIR_[A-Z_]+?_EVENT_ID_/, '').toLowerCase());
}

/** Libvirt's own form of a release as one number; 0 when unknown. */
export function releaseNumber(release: string | null | undefined): number {
  if (!release) return 0;
  const [major = 0, minor = 0, micro = 0] = release.split('.').map(Number);
  return major * 1_000_000 + minor * 1000 + micro;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
