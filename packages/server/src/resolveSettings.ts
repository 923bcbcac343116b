/** @file Resolves the settings of a server from the caller, the environment and the defaults, and checks them. */
import { expectedOf, firstFault } from "@pickapic/errors";
import { offers } from "@pickapic/generation";
import { ServerError } from "./errors.ts";
import {
  type FromCaller,
  type FromEnvironment,
  type ResolvedSettings,
  SETTINGS,
  type ServerSettings,
  type Setting,
} from "./settings.ts";

/** Returns where a setting was set, as an error names it. */
function sourceOf(name: keyof typeof SETTINGS, given: unknown, environment: NodeJS.ProcessEnv): string {
  if (given !== undefined) return `the option ${name}`;
  return variablesOf(name).find((variable) => environment[variable]) ?? "default";
}

/** Returns the environment variables of a setting, the one that wins first. */
function variablesOf(name: keyof typeof SETTINGS): string[] {
  const setting: Setting = SETTINGS[name];
  return setting.alsoEnv === undefined ? [setting.env] : [setting.env, setting.alsoEnv];
}

const CALLER_ONLY = ["backends", "logger", "random"] as const satisfies readonly (keyof FromCaller)[];

/**
 * Returns the complete settings. For each, the caller's value wins over the environment, and the environment over the default.
 * @throws ServerError PICKAPIC_SETTING_*, PICKAPIC_MODEL_TWICE, PICKAPIC_SECRET_REQUIRED, PICKAPIC_SIGN_IN_IMPOSSIBLE
 */
export function resolveSettings(given: ServerSettings, environment: NodeJS.ProcessEnv): ResolvedSettings {
  refuseUnknown(given);
  const names = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];
  const parsed = Object.fromEntries(names.map((name) => [name, parseSetting(name, given[name], environment)])) as FromEnvironment;
  const { backends: source, logger, random = Math.random } = given;
  const backendsNow = typeof source === "function" ? source : () => source;
  const production = parsed.production ?? environment.NODE_ENV === "production";
  const guests = parsed.guests ?? parsed.publicUrl === undefined;
  const portSource = sourceOf("port", given.port, environment);
  const resolved = {
    ...parsed,
    get backends() {
      return backendsNow();
    },
    logger,
    random,
    production,
    guests,
    portSource,
  };
  checkTogether(resolved);
  return resolved;
}

function refuseUnknown(given: ServerSettings): void {
  const known = [...Object.keys(SETTINGS), ...CALLER_ONLY];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ServerError("PICKAPIC_SETTING_UNKNOWN", unknown, known.join(", "));
}

/** Names of settings whose value no message may show: the address of a database often holds its password. */
const MAY_HOLD_SECRET = /secret$|^(database|files)Url$/i;

/** Returns the checked value of one setting. An empty variable counts as unset. */
function parseSetting(name: keyof typeof SETTINGS, given: unknown, environment: NodeJS.ProcessEnv): unknown {
  const variables = variablesOf(name);
  const variable = variables.find((candidate) => environment[candidate]);
  const value = given ?? (variable && environment[variable]);
  const { data, error } = SETTINGS[name].schema.safeParse(value, { error: expectedOf });
  if (!error) return data;
  const what = MAY_HOLD_SECRET.test(name) ? error.issues[0]?.message : firstFault(error.issues, value).sentence;
  throw new ServerError("PICKAPIC_SETTING_INVALID", name, variable ?? SETTINGS[name].env, what ?? "expected something else");
}

function checkTogether(settings: ResolvedSettings): void {
  const models = offers(settings.backends).map(({ model }) => model.name);
  const twice = models.find((model, i) => models.indexOf(model) !== i);
  if (twice !== undefined) throw new ServerError("PICKAPIC_MODEL_TWICE", twice);
  if (settings.production && settings.databaseUrl && !settings.secret) throw new ServerError("PICKAPIC_SECRET_REQUIRED");
  if (!settings.guests && providersOf(settings).length === 0) throw new ServerError("PICKAPIC_SIGN_IN_IMPOSSIBLE");
}

/** Returns better-auth's ids of the sign-in providers that are configured. */
export function providersOf(settings: ResolvedSettings): string[] {
  const { googleClientId, googleClientSecret, discordClientId, discordClientSecret } = settings;
  const { oidcName, oidcIssuer, oidcClientId, oidcClientSecret } = settings;
  return [
    ...(googleClientId && googleClientSecret ? ["google"] : []),
    ...(discordClientId && discordClientSecret ? ["discord"] : []),
    ...(oidcIssuer && oidcClientId && oidcClientSecret ? [oidcName] : []),
  ];
}
