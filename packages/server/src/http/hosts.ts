/** @file Checks the Host header, so that a page of another site whose domain points at this machine cannot reach the server (DNS rebinding). */
import { isIP } from "node:net";
import { hostname } from "node:os";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";

/** A host name, an IPv4 address or an IPv6 address in brackets, with an optional port. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([\p{L}\p{N}._-]+))(?::\d{1,5})?$/iu;

/** Returns the name in a Host header in lower case, without its port. Null if the header is missing, empty or not a host. */
export function hostName(host: string | undefined): string | null {
  // This refuses what no URL can contain, such as a port above 65,535.
  if (!URL.canParse(`http://${host}`)) return null;
  const [, address, name] = HOST.exec(host ?? "") ?? [];
  return (address ?? name)?.toLowerCase().replace(/\.$/, "") ?? null;
}

/**
 * True if the server answers under a name. Numeric addresses and localhost always count, because only a domain name can be made to point at this machine
 * by another site. Other names count if they are the name in the public URL, the host to listen on, or the name of this machine.
 */
export function isOwnHost(
  name: string,
  { publicUrl, host }: Pick<ResolvedSettings, "publicUrl" | "host">,
  machine = hostname(),
): boolean {
  if (isIP(name) !== 0 || name === "localhost" || name.endsWith(".localhost")) return true;
  const own = [host, machine, `${machine}.local`, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])];
  return own.some((each) => each.toLowerCase() === name);
}

/** Refuses requests whose Host header is not a host (400) or names another server (421). */
export function checkHosts(app: App, settings: Pick<ResolvedSettings, "publicUrl" | "host">): void {
  app.addHook("onRequest", async ({ host }) => {
    const name = hostName(host);
    if (name === null) throw new ServerError("PICKAPIC_HOST_INVALID", host.slice(0, 100));
    if (!isOwnHost(name, settings)) throw new ServerError("PICKAPIC_HOST_FOREIGN", name.slice(0, 100));
  });
}
