// Names as pictures have room for them.

/** A name cut to so many letters. */
export const shortName = (name: string, most = 30): string =>
  name.length > most ? `${name.slice(0, most - 1)}…` : name;
