// HTML that is safe by default: whatever is put into the template is escaped, unless it is HTML already.

/** A piece of HTML, ready to be printed. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Insertable = Html | string | number | null | readonly Insertable[];

/**
 * Template tag: strings and numbers are escaped, `Html` is kept, lists are joined, null is nothing.
 *
 * @example html`<td>${"a < b"}</td>`.text // "<td>a &lt; b</td>"
 */
export function html(fixed: TemplateStringsArray, ...inserted: Insertable[]): Html {
  return new Html(fixed.reduce((text, piece, i) => text + print(inserted[i - 1] ?? null) + piece));
}

/** Text as HTML or XML text, or as the inside of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function print(value: Insertable): string {
  if (value === null) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(print).join("");
  return escapeHtml(String(value));
}
