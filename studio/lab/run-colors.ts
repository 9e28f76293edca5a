// The colours of the first run and the second, in every picture.

import { color } from "../page/palette.js";

export const runColors = [color("data"), color("model")];
