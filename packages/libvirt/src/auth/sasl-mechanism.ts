/** Who somebody claims to be, and the proof. */
export interface SaslCredentials {
  readonly username: string;
  readonly password: string;
  /** On whose behalf, where that is somebody else. */
  readonly authorizeAs?: string | undefined;
}

/** What a mechanism may want to know. */
export interface SaslContext {
  /** As the URI names it; for mechanisms whose tickets are made out to a host. The service is `libvirt`. */
  readonly host: string;
  /** From `auth` of `connect`, else from auth.conf. Throws `AuthError` where there are none, so ask only when they are needed. */
  readonly credentials: () => Promise<SaslCredentials>;
}

/** One way to authenticate by SASL (RFC 4422), without a security layer. */
export interface SaslMechanism {
  /** As registered: `SCRAM-SHA-256`. */
  readonly name: string;
  /** Begins one exchange. */
  start(context: SaslContext): Promise<SaslExchange>;
}

/** The messages of one authentication. */
export interface SaslExchange {
  /** What the client says first; undefined when the server is to begin. */
  readonly initial: Uint8Array | undefined;
  /**
   * The client's answer; undefined when it has nothing to say. `challenge` is undefined where the server sent nothing. It is
   * called for what comes with the server's success, too. Throws what is wrong with the challenge.
   */
  respond(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined>;
  /** Nothing is missing: the server has been told all, and has proved itself where the mechanism has it do so. */
  readonly complete: boolean;
}
