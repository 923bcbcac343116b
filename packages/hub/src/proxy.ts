/**
 * @file Sends requests through the proxy of the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, read as curl reads
 * them.
 */

import type { Environment } from "./cache.ts";
import { withoutPassword } from "./environment.ts";
import { HubError } from "./errors.ts";

/** A variable in lower or upper case; lower case wins. */
const variable = (env: Environment, name: string): string => (env[name.toLowerCase()] || env[name] || "").trim();

/**
 * Returns the proxy for an address, or null.
 * @throws HubError PICKAPIC_HUB_UNREACHABLE when its address cannot be used; the message does not quote its password
 */
export function proxyOf(url: URL, env: Environment): string | null {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const used = variable(env, name) === "" ? "ALL_PROXY" : name;
  const given = variable(env, used);
  if (given === "" || isExempt(url, variable(env, "NO_PROXY"))) return null;
  const proxy = URL.parse(given.includes("://") ? given : `http://${given}`);
  if (proxy && /^(https?|socks5?):$/.test(proxy.protocol)) return proxy.href;
  throw new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    used,
    `expected the address of a proxy such as http://proxy.example:3128; got "${withoutPassword(given)}": correct it, or unset it`,
  );
}

/**
 * Whether NO_PROXY lists the host. Entries are separated by commas or blanks: "*", a host or a domain with its subdomains
 * ("example.org", ".example.org", "*.example.org"), each with an optional port, an IPv6 address in brackets, or a range of IPv4
 * addresses ("10.0.0.0/8").
 */
export function isExempt({ hostname, port, protocol }: URL, noProxy: string): boolean {
  const asked = hostname.toLowerCase();
  const askedPort = port || (protocol === "https:" ? "443" : "80");
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === "*") return true;
      if (entry.includes("/")) return isInRange(asked, entry);
      // More than one colon and no brackets: an IPv6 address.
      const isBare = (entry.match(/:/g)?.length ?? 0) > 1 && !entry.startsWith("[");
      const { host = "", entryPort } =
        /^(?<host>\[[^\]]*\]|[^:]*)(:(?<entryPort>\d+))?$/.exec(isBare ? `[${entry}]` : entry)?.groups ?? {};
      if (host === "" || (entryPort !== undefined && entryPort !== askedPort)) return false;
      const domain = host.replace(/^\*?\./, "");
      return asked === domain || (!isAddress(asked) && asked.endsWith(`.${domain}`));
    });
}

const isAddress = (host: string): boolean => host.startsWith("[") || numberOf(host) !== null;

/** An IPv4 address as one number, or null. */
function numberOf(host: string): number | null {
  const bytes = host.split(".");
  if (bytes.length !== 4 || !bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256)) return null;
  return bytes.reduce((sum, byte) => 256 * sum + Number(byte), 0);
}

function isInRange(host: string, range: string): boolean {
  const [base = "", bits = ""] = range.split("/");
  const [address, start] = [numberOf(host), numberOf(base)];
  if (address === null || start === null || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(address / size) === Math.floor(start / size);
}

/**
 * Wraps `ask` with the proxies of `env`. A redirect to another host may use another proxy. Without a proxy it returns `ask`
 * itself.
 */
export async function throughProxies(ask: typeof fetch, env: Environment): Promise<typeof fetch> {
  if (["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].every((name) => variable(env, name) === "")) return ask;
  const { Agent, Dispatcher, ProxyAgent } = await import("undici");
  const direct = new Agent();
  const agents = new Map<string, InstanceType<typeof ProxyAgent>>();
  const agentOf = (origin: string) => {
    const proxy = proxyOf(new URL(origin), env);
    if (proxy === null) return direct;
    // Plain HTTP goes to the proxy itself; tunnels are for TLS, and many proxies open none to other ports.
    const agent = agents.get(proxy) ?? new ProxyAgent({ uri: proxy, proxyTunnel: false });
    agents.set(proxy, agent);
    return agent;
  };
  class ByOrigin extends Dispatcher {
    override dispatch(...[options, handler]: Parameters<typeof direct.dispatch>): boolean {
      return agentOf(String(options.origin)).dispatch(options, handler);
    }
  }
  const dispatcher = new ByOrigin();
  return (url, init) => {
    const proxied = { ...init, dispatcher };
    return ask(url, proxied);
  };
}
