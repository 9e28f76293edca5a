// The studio: its head with the way to every page, and the page that is shown.

import { lazy, Suspense, useEffect, useState } from "react";
import { ThemeSwitch } from "../page/theme-switch.js";
import { FolderProvider, useFolder } from "./folder.js";
import { HomePage } from "./home-page.js";
import { hrefOf, useRoute } from "./route.js";

/** Every page: its place in the address, its name, and its code, which is loaded when it is first shown. */
const pages = {
  fit: { title: "Fit", view: lazy(() => import("./fit/fit-page.js")) },
  look: { title: "Look", view: lazy(() => import("./look/look-page.js")) },
  anomalies: { title: "Anomalies", view: lazy(() => import("./anomalies/anomalies-page.js")) },
  drift: { title: "Drift", view: lazy(() => import("./drift/drift-page.js")) },
  sources: { title: "Sources", view: lazy(() => import("./sources/sources-page.js")) },
} as const;

/** Parameters that a page hands to the next: what one is looking at. */
const kept = ["model", "table"] as const;

export function App() {
  return (
    <FolderProvider>
      <Studio />
    </FolderProvider>
  );
}

function Studio() {
  const { page, parameters } = useRoute();
  const { folder, problem } = useFolder();
  const shown = Object.hasOwn(pages, page) ? pages[page as keyof typeof pages] : undefined;
  const title = shown?.title ?? "Studio";
  useTitle(title);
  // Where the reader came in: going back there later is heard of no more than that.
  const [first] = useState(page);
  const handed = Object.fromEntries(kept.map((name) => [name, parameters[name]]));
  const link = (place: string, text: string) => (
    <a key={place} href={hrefOf(place, handed)} aria-current={place === page ? "page" : undefined}>
      {text}
    </a>
  );
  return (
    <>
      <header>
        <a className="brand" href={hrefOf("", handed)}>
          logdet studio
        </a>
        <nav aria-label="Pages">
          {Object.entries(pages)
            .filter(([place]) => place !== "sources" || (folder?.separations.length ?? 0) > 0)
            .map(([place, { title }]) => link(place, title))}
          <a href="./lab/">Lab</a>
        </nav>
        <ThemeSwitch />
      </header>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <Suspense fallback={<p className="note">Loading …</p>}>
        {folder && (shown ? <shown.view /> : <HomePage folder={folder} />)}
        {folder && <Arrival key={page} isFirst={page === first} />}
      </Suspense>
    </>
  );
}

/** The window's title. */
function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "Studio" ? "logdet studio" : `${title} · logdet studio`;
  }, [title]);
}

/** Stands behind a page: once it is there, those who listen hear its heading. Not of the first one, which is read anyway. */
function Arrival({ isFirst }: { readonly isFirst: boolean }) {
  useEffect(() => {
    if (!isFirst) document.querySelector<HTMLElement>("main h1")?.focus();
  }, [isFirst]);
  return null;
}
