/** @file Where a server listens: the check of its port, and its URL. */
import { createServer } from "node:net";
import { reasonOf, ServerError } from "./errors.ts";
import type { App } from "./http/app.ts";
import { portOf } from "./port.ts";

/** Where to listen, and where the port was set, as an error names it. */
export interface ListenSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly portSource: string;
}

/** Lets an application listen. @returns its URL @throws ServerError PICKAPIC_PORT_IN_USE, PICKAPIC_ADDRESS_UNUSABLE */
export async function listen(app: App, settings: ListenSettings): Promise<string> {
  await app.listen({ host: settings.host, port: settings.port }).catch((error) => refuseAddress(settings, error));
  return `http://${hostInUrl(settings.host)}:${portOf(app.server)}`;
}

/** Checks that the port is free before anything is started or written, because a port in use is the most common mistake. @throws as `listen` */
export async function checkPort(settings: ListenSettings): Promise<void> {
  if (settings.port === 0) return;
  const probe = createServer();
  await new Promise<void>((done, failed) => {
    probe.once("error", failed).listen({ host: settings.host, port: settings.port }, () => probe.close(() => done()));
  }).catch((error) => refuseAddress(settings, error));
}

function refuseAddress({ host, port, portSource }: ListenSettings, error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === "EADDRINUSE")
    throw new ServerError("PICKAPIC_PORT_IN_USE", host, port, portSource);
  throw new ServerError("PICKAPIC_ADDRESS_UNUSABLE", host, port, reasonOf(error));
}

/** Returns the host to write into the server's URL: localhost for a server on all addresses, and IPv6 addresses in brackets. */
function hostInUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
