/** @file The icons of the pages. All have the same stroke and the colour of the text beside them. */
import type { ReactNode } from "react";

const paths = {
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  equal: <path d="M5 9h14M5 15h14" />,
  skip: <path d="m5 6 8 6-8 6ZM13 6l6 6-6 6ZM20 6v12" />,
  enlarge: <path d="M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5" />,
  flag: <path d="M5 21V4.5M5 5c4-2.5 8 2.5 14 0v9c-6 2.5-10-2.5-14 0" />,
  zoomIn: <path d="M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20 20M10.5 8v5M8 10.5h5" />,
  zoomOut: <path d="M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20 20M8 10.5h5" />,
  flip: <path d="M4 8h13M13.5 4.5 17 8l-3.5 3.5M20 16H7M10.5 12.5 7 16l3.5 3.5" />,
  beside: (
    <>
      <rect x="3" y="6" width="8" height="12" rx="2" />
      <rect x="13" y="6" width="8" height="12" rx="2" />
    </>
  ),
  search: <path d="M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20 20" />,
  undo: <path d="M9 6 4.5 10.5 9 15M5 10.5h8.5a5 5 0 0 1 0 10H11" />,
  dice: (
    <>
      <rect x="4" y="4" width="16" height="16" rx="4" />
      <path d="M8.5 8.5h.01M15.5 15.5h.01M12 12h.01" />
    </>
  ),
  pencil: <path d="m4 20 1-4L16 5l3 3L8 19l-4 1ZM13.5 7.5l3 3" />,
  menu: <path d="M4 7h16M4 12h16M4 17h16" />,
  help: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M9.7 9.3a2.4 2.4 0 1 1 3.5 2.4c-.8.5-1.2 1-1.2 1.8M12 16.6h.01" />
    </>
  ),
  star: <path d="m12 4 2.4 5 5.4.7-4 3.8 1 5.4-4.8-2.6-4.8 2.6 1-5.4-4-3.8 5.4-.7Z" />,
  download: <path d="M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14" />,
  cloudOff: <path d="m4 4 16 16M8 7.2A6 6 0 0 1 17.4 11 4 4 0 0 1 19.4 18M15.5 19H7a4.5 4.5 0 0 1-1.3-8.8" />,
  warning: <path d="M12 4 2.8 19.5h18.4ZM12 10v4.5M12 17h.01" />,
  close: <path d="m6 6 12 12M18 6 6 18" />,
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1" />
    </>
  ),
  moon: <path d="M20 14.5A8.2 8.2 0 0 1 9.5 4 8.2 8.2 0 1 0 20 14.5Z" />,
  screen: (
    <>
      <rect x="3.5" y="5" width="17" height="11.5" rx="2" />
      <path d="M9 20h6" />
    </>
  ),
  brush: (
    <path d="M20 4c-5 2-8.5 5.5-10.5 9.5M9.5 13.5c-2.5-.3-4 1.2-4.2 3.2-.1 1.3-.6 2-1.8 2.6 3 1.3 7.5.9 8-2.8.2-1.4-.6-2.6-2-3Z" />
  ),
  user: (
    <>
      <circle cx="12" cy="8.5" r="3.8" />
      <path d="M4.5 20c.8-3.8 3.8-5.5 7.5-5.5s6.7 1.7 7.5 5.5" />
    </>
  ),
} satisfies Record<string, ReactNode>;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** Draws an icon. Screen readers skip it, because the text beside it or the label of its button says the same. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      {paths[name]}
    </svg>
  );
}

/** The logo: two pictures, one of them picked. */
export function Logo() {
  return (
    <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect x="2" y="7" width="18" height="18" rx="4" className="fill-edge opacity-50" />
      <rect x="11" y="6" width="19" height="20" rx="4.5" className="fill-accent" />
      <path
        d="m15.8 16.3 3.4 3.4 6-7"
        fill="none"
        className="stroke-on-accent"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
