// What the studio's server tells its pages about the folder: plain data, written once for both sides.

/** A model of the folder. */
export interface ModelEntry {
  /** Its folder, relative to the studio's, with `/` between names: "penguins.logdet". */
  readonly name: string;
  /** ISO 8601. */
  readonly created: string;
  readonly rows: number;
  /** Names of the model's columns. */
  readonly columns: readonly string[];
  /** How many columns of the table they come from: several may be parts of a date. */
  readonly tableColumns: number;
  /** Files that it was fitted to, as they were named then. */
  readonly sources: readonly string[];
  /** The table of this folder that it was fitted to, where there is one of that name: the pages' first choice. */
  readonly table: string | undefined;
  /** Mean log-density of the held-out rows, nats in original units. */
  readonly validationLogProb: number;
  readonly standardError: number;
  /** The same for a Gaussian; null where there is none. */
  readonly gaussianLogProb: number | null;
  /** Rows set apart for p-values; 0: the model has none. */
  readonly calibrationRows: number;
  readonly parameters: number;
  readonly seconds: number;
  readonly hasReport: boolean;
}

/** What looks like a model and cannot be used, and why. */
export interface BrokenEntry {
  readonly name: string;
  readonly problem: string;
}

/** A table of the folder. */
export interface TableEntry {
  /** Relative to the studio's folder: "data/penguins.csv". */
  readonly name: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly modified: string;
}

/** GET /api/folder */
export interface FolderAnswer {
  /** The folder's own name, for the heading. */
  readonly folder: string;
  readonly version: string;
  /** The newest first. */
  readonly models: readonly ModelEntry[];
  readonly broken: readonly BrokenEntry[];
  readonly tables: readonly TableEntry[];
  /** Folders that `logdet ica` wrote. */
  readonly separations: readonly string[];
  /** Whether there was more in the folder than was looked at. */
  readonly isCut: boolean;
}
