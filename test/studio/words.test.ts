// Numbers as the studio's readers take them in.

import { expect, it } from "vitest";
import { factorInWords } from "../../studio/app/words.js";

it("tells how many times as likely so many nats are, with two digits and no exponent a reader must decode", () => {
  const nats = [0.336, 2.485, 5.93, 8.13, 20.72];
  // e^0.336 = 1.40, e^2.485 = 12.0, e^5.93 = 376, e^8.13 = 3,395, e^20.72 = 9.97e8
  expect(nats.map(factorInWords)).toEqual(["1.4", "12", "380", "3,400", "10^9"]);
});
