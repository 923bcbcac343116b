/** @file Under which names the server answers: a page of somebody else's domain that points at this machine must not reach it. */
import { isIP } from "node:net";
import { hostname } from "node:os";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";

/** A name or address with an optional port, as a browser writes it. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([\p{L}\p{N}._-]+))(?::\d{1,5})?$/iu;

/** The name in a Host header without its port, in lower case; null where the header is none, is empty or is no host. */
export function hostName(host: string | undefined): string | null {
  // What an address cannot be made of, such as a port above 65,535, is no host either.
  if (!URL.canParse(`http://${host}`)) return null;
  const [, address, name] = HOST.exec(host ?? "") ?? [];
  return (address ?? name)?.toLowerCase().replace(/\.$/, "") ?? null;
}

/**
 * Whether the server answers under a name. Numeric addresses and localhost always count: another site's domain name can be made to point at this
 * machine (DNS rebinding), an address cannot. Other names count when they are the public address, the address to listen on, or this machine's own.
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

/** Refuses requests for other names: 400 for a Host that is none, 421 for one that is not this server's. */
export function checkHosts(app: App, settings: ResolvedSettings): void {
  app.addHook("onRequest", async ({ host }) => {
    const name = hostName(host);
    if (name === null) throw new ServerError("PICKAPIC_HOST_INVALID", host.slice(0, 100));
    if (!isOwnHost(name, settings)) throw new ServerError("PICKAPIC_HOST_FOREIGN", name.slice(0, 100));
  });
}
