/** Stops and restarts reading from a connection that serves one transfer alone. Both may be repeated. */
export interface Flow {
  pause(): void;
  resume(): void;
}
