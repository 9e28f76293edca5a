// The studio's folder as all pages know it: models and tables.

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { FolderAnswer, ModelEntry } from "../../src/server/studio/answers.js";
import { ask } from "./ask.js";

interface Folder {
  /** Undefined until it is known. */
  readonly folder: FolderAnswer | undefined;
  readonly problem: string | undefined;
  /** Looks again: after a fit, say. */
  refresh(): Promise<void>;
}

const FolderContext = createContext<Folder | undefined>(undefined);

export function FolderProvider({ children }: { readonly children: ReactNode }) {
  const [folder, setFolder] = useState<FolderAnswer>();
  const [problem, setProblem] = useState<string>();
  const refresh = useCallback(async () => {
    try {
      setFolder(await ask<FolderAnswer>("folder"));
      setProblem(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    }
  }, []);
  useEffect(() => {
    void refresh();
  }, [refresh]);
  const value = useMemo(() => ({ folder, problem, refresh }), [folder, problem, refresh]);
  return <FolderContext value={value}>{children}</FolderContext>;
}

export function useFolder(): Folder {
  const folder = useContext(FolderContext);
  if (!folder) throw new Error("there is no FolderProvider above");
  return folder;
}

/** A model by its name; the newest if there is none of that name. */
export function useModel(name: string | undefined): ModelEntry | undefined {
  const { folder } = useFolder();
  return folder?.models.find((model) => model.name === name) ?? folder?.models[0];
}
