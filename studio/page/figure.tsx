// A picture with its heading, what it shows in words, and its two files.

import { type ReactNode, useEffect, useRef } from "react";
import { download, toCsv, toSvgFile } from "./save-picture.js";

export interface FigureProps {
  readonly title: string;
  /** What is seen, for those who cannot see it. */
  readonly description: string;
  /** Name of the files, without an ending. */
  readonly file: string;
  draw(): SVGSVGElement | HTMLElement;
  /** The picture's data: a header and rows. */
  data(): {
    readonly columns: readonly string[];
    readonly rows: Iterable<readonly (string | number | null)[]>;
  };
  readonly children?: ReactNode;
}

/** Draws anew whenever its owner renders: give it to few owners, or memoize it. */
export function Figure({ title, description, file, draw, data, children }: FigureProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawing = draw();
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", description);
    place.current?.replaceChildren(drawing);
  }, [draw, description]);
  const saveSvg = () => {
    const svg = place.current?.querySelector("svg");
    if (svg) download(`${file}.svg`, "image/svg+xml", toSvgFile(svg, `${title}. ${description}`));
  };
  const saveCsv = () => {
    const { columns, rows } = data();
    download(`${file}.csv`, "text/csv", toCsv(columns, rows));
  };
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div className="picture" ref={place} />
      {children}
      <div className="files">
        <button type="button" onClick={saveSvg} aria-label={`Save ${title} as SVG`}>
          SVG
        </button>
        <button type="button" onClick={saveCsv} aria-label={`Save the data of ${title} as CSV`}>
          CSV
        </button>
      </div>
    </figure>
  );
}
