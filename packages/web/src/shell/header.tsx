/** @file The header: links to the pages, karma, and a menu with account and theme. In a narrow window the links are in the menu. */
import type { User } from "@pickapic/server/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { SignOut } from "../account/signOut.tsx";
import { meQuery } from "../http/queries.ts";
import { readRecent } from "../judge/prompt/recent.ts";
import { Icon, type IconName, Logo } from "./icons.tsx";
import { PAGES } from "./pages.ts";
import { type Theme, useTheme } from "./theme.ts";

const pages = Object.values(PAGES);
type PagePath = (typeof pages)[number]["path"];

/** The header of all pages. It stays visible when the page scrolls, except in low windows, where the pictures need the room. */
export function Header() {
  const { data: me } = useQuery(meQuery);
  const user = me?.user ?? null;
  return (
    <header className="header">
      <div className="header-inner mx-auto flex h-full items-center gap-2 px-3 sm:px-6">
        <Link
          to="/"
          search={{}}
          className="mr-2 flex min-h-11 items-center gap-2 rounded-lg font-display text-xl font-extrabold tracking-tight whitespace-nowrap"
        >
          <Logo />
          Pick-a-Pic
        </Link>
        <nav aria-label="Pages" className="hidden grow gap-1 lg:flex">
          {pages.map(({ path, name }) => (
            <NavLink key={path} to={path} label={name} user={user} />
          ))}
        </nav>
        <div className="ml-auto flex items-center gap-1.5">
          {user?.consentVersion && <Karma karma={user.karma} />}
          <button
            type="button"
            popoverTarget="menu"
            aria-label="Menu: pages, account and theme"
            className="button button-quiet size-11 px-0"
          >
            <span className="lg:hidden">
              <Icon name="menu" size={22} />
            </span>
            <span className="hidden lg:block">
              <Icon name="user" size={22} />
            </span>
          </button>
        </div>
      </div>
      <Menu user={user} />
    </header>
  );
}

/** A link to a page. The link to "Judge" opens the person's last round. */
function NavLink({ to, label, user }: { to: PagePath; label: string; user: User | null }) {
  return (
    <Link
      to={to}
      search={() => (to === "/" && user ? lastRound(user.id) : {})}
      activeOptions={{ exact: true, includeSearch: false }}
      className="flex min-h-11 items-center rounded-lg px-3 font-medium whitespace-nowrap text-muted hover:text-ink aria-[current=page]:font-semibold aria-[current=page]:text-accent"
    >
      {label}
    </Link>
  );
}

function lastRound(owner: string): { round?: string } {
  const [last] = readRecent(owner);
  return last ? { round: last.round } : {};
}

function Karma({ karma }: { karma: number }) {
  return (
    <span
      className="flex h-9 items-center gap-1.5 rounded-full bg-accent-soft px-3 font-semibold text-accent-strong tabular-nums"
      title="Karma: one for each answer that counts"
    >
      <Icon name="star" size={18} />
      <span className="sr-only">Karma: </span>
      <span key={karma} data-testid="karma" className="inline-block animate-[bump_220ms]">
        {karma}
      </span>
    </span>
  );
}

/** The menu, a native popover: it closes on Escape, on a tap outside, and when a link is followed. */
function Menu({ user }: { user: User | null }) {
  const close = () => document.getElementById("menu")?.hidePopover();
  return (
    <div
      id="menu"
      popover="auto"
      className="fixed inset-auto top-[calc(var(--header)+0.25rem)] right-2 m-0 max-h-[calc(100dvh-var(--header)-0.75rem)] w-72 max-w-[calc(100vw-1rem)] overflow-y-auto rounded-2xl border border-line bg-surface p-2 text-ink shadow-float open:animate-[rise_160ms]"
    >
      <nav aria-label="All pages" className="grid border-b border-line pb-2 lg:hidden" onClickCapture={close}>
        {pages.map(({ path, name }) => (
          <NavLink key={path} to={path} label={name} user={user} />
        ))}
      </nav>
      <ThemeChoice />
      {user && <Account user={user} close={close} />}
    </div>
  );
}

const themes: { theme: Theme; label: string; icon: IconName }[] = [
  { theme: "system", label: "System", icon: "screen" },
  { theme: "light", label: "Light", icon: "sun" },
  { theme: "dark", label: "Dark", icon: "moon" },
];

function ThemeChoice() {
  const [current, setTheme] = useTheme();
  return (
    <Section title="Theme">
      <div role="radiogroup" aria-label="Theme" className="grid grid-cols-3 gap-1 rounded-xl bg-sunken p-1">
        {themes.map(({ theme, label, icon }) => (
          <label
            key={theme}
            className="flex min-h-11 cursor-pointer items-center justify-center gap-1.5 rounded-lg text-sm font-semibold text-muted has-checked:bg-surface has-checked:text-ink has-checked:shadow-card has-focus-visible:outline-3 has-focus-visible:outline-accent"
          >
            <input type="radio" name="theme" className="sr-only" checked={current === theme} onChange={() => setTheme(theme)} />
            <Icon name={icon} size={16} />
            {label}
          </label>
        ))}
      </div>
    </Section>
  );
}

function Account({ user, close }: { user: User; close: () => void }) {
  return (
    <Section title="Account">
      <p className="px-2 font-semibold wrap-anywhere">{user.guest ? "Guest on this device" : user.name}</p>
      <SignOut user={user} begin={close} />
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="px-1 pt-3 pb-1">
      <h2 className="mb-1.5 px-2 font-sans text-sm font-semibold tracking-normal text-muted">{title}</h2>
      {children}
    </section>
  );
}
