// The studio: its head with the way to every page, and the page that is shown.

import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { ThemeSwitch } from "../page/theme-switch.js";
import { FolderProvider, useFolder } from "./folder.js";
import { HomePage } from "./home-page.js";
import { hrefOf, readRoute, useRoute } from "./route.js";

/** Every page: its place in the address, its name, and its code, which is loaded when it is first shown. */
const pages = {
  fit: { title: "Fit", load: () => import("./fit/fit-page.js") },
  look: { title: "Look", load: () => import("./look/look-page.js") },
  anomalies: { title: "Anomalies", load: () => import("./anomalies/anomalies-page.js") },
  drift: { title: "Drift", load: () => import("./drift/drift-page.js") },
  sources: { title: "Sources", load: () => import("./sources/sources-page.js") },
} as const;

// What the reader comes for is loaded while the folder is looked at. What goes wrong is told where it is shown.
const arrival = readRoute(location.hash).page;
if (Object.hasOwn(pages, arrival)) pages[arrival as keyof typeof pages].load().catch(() => undefined);

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
      {folder && (
        <Page load={shown?.load} otherwise={<HomePage folder={folder} />}>
          <Arrival key={page} isFirst={page === first} />
        </Page>
      )}
    </>
  );
}

type Load = () => Promise<{ readonly default: ComponentType }>;

interface PageProps {
  /** Undefined: `otherwise` is shown. */
  readonly load: Load | undefined;
  readonly otherwise: ReactNode;
  /** Comes with the page. */
  readonly children: ReactNode;
}

/** A page once its code is there. Not by Suspense, which shows what it shows meanwhile for 300 ms at least. */
function Page({ load, otherwise, children }: PageProps) {
  const [loaded, setLoaded] = useState<{ readonly load: Load; readonly View: ComponentType }>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    setProblem(undefined);
    load?.().then(
      ({ default: View }) => setLoaded({ load, View }),
      () => setProblem("This page does not load. Is the studio still running? Start it again, and reload."),
    );
  }, [load]);
  if (problem)
    return (
      <p className="problem" role="alert">
        {problem}
      </p>
    );
  if (load && loaded?.load !== load) return <p className="note">Loading …</p>;
  return (
    <>
      {load && loaded ? <loaded.View /> : otherwise}
      {children}
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
