// How large a picture is drawn: as wide as it is shown, so that its letters are as large as the page's.

/** @param ratio of the height to the width */
export function pictureSize(ratio: number): { readonly width: number; readonly height: number } {
  const width = Math.max(300, Math.min(544, document.documentElement.clientWidth - 24));
  return { width, height: Math.round(ratio * width) };
}
