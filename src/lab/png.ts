// A grid of numbers as a PNG image of one colour, more or less opaque: what a picture shows on a light and a dark page.

import { crc32, deflateSync } from "node:zlib";

/**
 * The image as a data URI, one pixel a number, for an SVG `image`.
 *
 * @param opacity row-major [height, width], the top row first: 0 is clear, 1 opaque; beyond that is cut off
 * @param color red, green and blue, 0 to 255 each
 * @see PNG specification, third edition, https://www.w3.org/TR/png-3/
 */
export function pngDataUri(
  opacity: ArrayLike<number>,
  width: number,
  color: readonly [red: number, green: number, blue: number],
): string {
  const height = opacity.length / width;
  // A palette of 256 opacities of the one colour: a byte a pixel. Each line starts with a byte for "no filter".
  const lines = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = opacity[y * width + x];
      lines[y * (width + 1) + 1 + x] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const levels = Array.from({ length: 256 }, (_, i) => i);
  const image = Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(levels.flatMap(() => color))),
    chunk("tRNS", Buffer.from(levels)),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${image.toString("base64")}`;
}

/** Length, type, data, and the checksum of the last two. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
