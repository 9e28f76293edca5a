// A density's figure: drawn again only when it is another one.

import { memo, useCallback } from "react";
import { Figure } from "../page/figure.js";
import { type DensityPicture, densityRows, drawDensity } from "./density-picture.js";

interface DensityFigureProps extends DensityPicture {
  readonly title: string;
  readonly file: string;
  /** What the points are. */
  readonly points: string;
}

export const DensityFigure = memo(
  ({ title, file, points, extent, grid, rows, contours }: DensityFigureProps) => {
    const draw = useCallback(
      () => drawDensity({ extent, grid, rows, contours }),
      [extent, grid, rows, contours],
    );
    return (
      <Figure
        title={title}
        file={file.replaceAll(" ", "-")}
        description={`Contours of a density in the plane over ${points}.`}
        draw={draw}
        data={() => ({
          columns: ["kind", "x1", "x2", "density"],
          rows: densityRows({ extent, grid, rows, contours }),
        })}
      />
    );
  },
);
