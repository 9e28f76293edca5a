import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  areWholeDates,
  isInRange,
  joinDates,
  readInstant,
  splitDates,
  splitKnownDates,
} from "../../src/data/dates.js";
import type { DatePart, TableColumn } from "../../src/data/index.js";

const dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Microseconds since 1970. */
function instants(...texts: (string | null)[]): Float64Array {
  return Float64Array.from(texts, (text) =>
    text === null ? Number.NaN : Date.parse(text.includes("T") ? `${text}Z` : text) * 1000,
  );
}

/** What each row of a split says, in words. */
function rowsOf(columns: readonly TableColumn[]): Record<string, number | string | undefined>[] {
  return Array.from(columns[0].values, (_, i) =>
    Object.fromEntries(
      columns.map(({ part, values, categories }) => [
        part!.part,
        categories ? categories[values[i]] : values[i],
      ]),
    ),
  );
}

describe("taking dates apart", () => {
  it("counts weeks from Monday 1970-01-05, before it too", () => {
    const columns = splitDates(
      "d",
      instants("1970-01-05", "1970-01-11", "1970-01-12", "1970-01-04", "1969-12-29"),
    );
    expect(rowsOf(columns)).toEqual([
      { week: 0, weekday: "Mon" },
      { week: 0, weekday: "Sun" },
      { week: 1, weekday: "Mon" },
      { week: -1, weekday: "Sun" },
      { week: -1, weekday: "Mon" },
    ]);
    expect(columns.map(({ name }) => name)).toEqual(["d.week", "d.weekday"]);
  });

  it("gives the weekday that JavaScript's calendar gives, and the hour of its clock", () => {
    const inYears = fc.date({
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(fc.array(inYears, { minLength: 2, maxLength: 30 }), (dates) => {
        const columns = splitDates(
          "d",
          Float64Array.from(dates, (date) => date.getTime() * 1000),
        );
        const cut = columns[0].part?.cut ?? 0;
        rowsOf(columns).forEach(({ weekday, hour }, i) => {
          // The day of a row begins at the cut.
          const start = new Date(dates[i].getTime() - cut * 3_600_000);
          if (weekday !== undefined) expect(weekday).toBe(dayNames[start.getUTCDay()]);
          if (hour === undefined) return;
          expect(hour).toBeGreaterThanOrEqual(cut);
          expect(hour).toBeLessThan(cut + 24);
          const clock = dates[i].getTime() - Date.parse(`${dates[i].toISOString().slice(0, 10)}T00:00:00Z`);
          expect((hour as number) % 24).toBeCloseTo(clock / 3_600_000, 7);
        });
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["exactly", "1700-01-01", "2250-01-01", 0],
    ["to a millisecond, where microseconds are beyond float64", "0001-01-02", "9999-12-31", 1],
  ])("loses nothing: the parts say the instant %s", (_, min, max, tolerance) => {
    const some = fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true });
    fc.assert(
      fc.property(fc.array(fc.option(some), { minLength: 1, maxLength: 30 }), (dates) => {
        const times = dates.map((date) => date?.getTime() ?? Number.NaN);
        const columns = splitDates(
          "d",
          Float64Array.from(times, (time) => time * 1000),
        );
        const texts = joinDates(columns);
        expect(texts.map((text) => text === null)).toEqual(dates.map((date) => date === null));
        texts.forEach((text, i) => {
          if (text === null) return;
          const back = Date.parse(text.includes("T") ? `${text}Z` : text);
          expect(Math.abs(back - times[i])).toBeLessThanOrEqual(tolerance);
        });
      }),
      { numRuns: 200 },
    );
  });

  it("leaves out weekday and hour where they never vary, and remembers them", () => {
    const columns = splitDates("d", instants("2024-02-29T12:30:00", "2024-03-07T12:30:00"));
    expect(columns).toEqual([
      {
        name: "d.week",
        values: Float64Array.of(2825, 2826),
        part: { part: "week", source: "d", fixed: { weekday: 3, hour: 12.5 } },
      },
    ]);
    expect(joinDates(columns)).toEqual(["2024-02-29T12:30:00", "2024-03-07T12:30:00"]);
  });

  it("leaves out the week if all dates are of one", () => {
    const columns = splitDates("d", instants("2024-02-28", "2024-02-29"));
    expect(columns.map(({ name }) => name)).toEqual(["d.weekday"]);
    expect(columns[0]).toMatchObject({
      categories: ["Wed", "Thu"],
      part: { fixed: { week: 2825, hour: 0 } },
    });
    expect(joinDates(columns)).toEqual(["2024-02-28", "2024-02-29"]);
  });

  it("keeps a week that never varies where nothing does", () => {
    expect(splitDates("d", instants("2024-02-29", null)).map(({ name }) => name)).toEqual(["d.week"]);
  });

  it("cuts the day where no times are, so that a night shift is not torn apart", () => {
    const night = instants(
      "2024-02-28T22:00:00",
      "2024-02-28T23:30:00",
      "2024-02-29T00:15:00",
      "2024-02-29T02:45:00",
    );
    const columns = splitDates("d", night);
    // Hours 3 to 21 are empty: the middle of them.
    expect(columns.map(({ part }) => part)).toEqual([
      { part: "hour", source: "d", cut: 12, fixed: { week: 2825, weekday: 2 }, unit: 900 },
    ]);
    expect([...columns[0].values]).toEqual([22, 23.5, 24.25, 26.75]);
    expect(joinDates(columns)).toEqual([
      "2024-02-28T22:00:00",
      "2024-02-28T23:30:00",
      "2024-02-29T00:15:00",
      "2024-02-29T02:45:00",
    ]);
  });

  it("cuts at midnight where another hour is hardly emptier", () => {
    const around = Float64Array.from({ length: 49 }, (_, i) => i * 1800e6);
    expect(splitDates("d", around).every(({ part }) => part?.cut === undefined)).toBe(true);
  });
});

describe("putting dates together", () => {
  const hours = splitDates("d", instants("2024-02-26T06:00:00", "2024-03-09T18:20:00"));
  const withHours = (...values: number[]): TableColumn[] =>
    hours.map((column) => ({
      ...column,
      values:
        column.part?.part === "hour"
          ? Float64Array.from(values)
          : Float64Array.from(values, () => column.values[0]),
    }));

  it("rounds drawn times to the unit of those they were learned from", () => {
    expect(hours[0].part?.unit).toBe(1200);
    expect(joinDates(withHours(6.2, 6.1, 23.99))).toEqual([
      "2024-02-26T06:20:00",
      "2024-02-26T06:00:00",
      "2024-02-27T00:00:00",
    ]);
  });

  it("gives null where a part is missing", () => {
    expect(joinDates(withHours(6, Number.NaN))).toEqual(["2024-02-26T06:00:00", null]);
  });

  it("writes fractions of seconds only where there are any", () => {
    const columns = splitDates("d", Float64Array.of(0, 1_500_000, 2_000_001));
    expect(joinDates(columns)).toEqual([
      "1970-01-01T00:00:00",
      "1970-01-01T00:00:01.5",
      "1970-01-01T00:00:02.000001",
    ]);
  });

  it("stays within the years of four digits", () => {
    const [week, weekday] = splitDates("d", instants("2024-02-26", "2024-03-09"));
    const far = { ...week, values: Float64Array.of(-1e9, 1e9) };
    expect(joinDates([far, weekday])).toEqual(["0001-01-01", "9999-12-31"]);
  });

  it("needs all parts that varied", () => {
    expect(areWholeDates(hours)).toBe(true);
    expect(areWholeDates(hours.slice(1))).toBe(false);
    expect(areWholeDates([{ name: "x", values: Float64Array.of(1) } as TableColumn])).toBe(false);
    expect(() => joinDates(hours.slice(1))).toThrow("some parts of the dates are missing");
  });
});

describe("dates of new rows", () => {
  const known = (columns: TableColumn[]) => columns as (TableColumn & { readonly part: DatePart })[];

  it("are cut where the model's were", () => {
    const model = known(
      splitDates("d", instants("2024-02-28T22:00:00", "2024-02-29T00:00:00", "2024-03-09T23:00:00")),
    );
    const { columns, strangers } = splitKnownDates(model, instants("2024-02-29T01:00:00"));
    expect(strangers).toEqual({});
    expect(rowsOf(columns)).toEqual([{ week: 2825, weekday: "Wed", hour: 25 }]);
  });

  it("have the code of no category on a weekday that never was, and are missing where they are", () => {
    const model = known(splitDates("d", instants("2024-02-26", "2024-03-05")));
    const { columns } = splitKnownDates(model, instants("2024-02-27", "2024-03-02", null));
    expect(columns[1].categories).toEqual(["Mon", "Tue"]);
    expect([...columns[1].values]).toEqual([1, 2, Number.NaN]);
    expect([...columns[0].values]).toEqual([2825, 2825, Number.NaN]);
  });

  it("are counted where a part varies that never did", () => {
    const model = known(splitDates("d", instants("2024-02-26", "2024-03-05")));
    const { strangers } = splitKnownDates(model, instants("2024-02-27T01:00:00", "2024-02-27", null));
    expect(strangers).toEqual({ hour: 1 });
  });
});

it("the years that dates are read of are 1 to 9999", () => {
  const range = instants("0001-01-01", "9999-12-31T23:59:59");
  expect([...range].every(isInRange)).toBe(true);
  expect(isInRange(range[0] - 1e6)).toBe(false);
  expect(isInRange(range[1] + 1e6)).toBe(false);
  expect(isInRange(Number.POSITIVE_INFINITY)).toBe(false);
});

describe("dates in words", () => {
  it.each([
    ["2024-02-29", Date.UTC(2024, 1, 29), false],
    ["2024-02-29T13:45", Date.UTC(2024, 1, 29, 13, 45), true],
    [" 2024-02-29 13:45:07.25+02:00 ", Date.UTC(2024, 1, 29, 13, 45, 7, 250), true],
    ["0001-01-01T00:00:00Z", Date.parse("0001-01-01T00:00:00Z"), true],
  ])("are read as they are written: %s", (text, milliseconds, hasTime) => {
    expect(readInstant(text)).toEqual({ instant: milliseconds * 1000, hasTime });
  });

  it.each(["2024-02-30", "2024-13-01", "24-02-29", "2024-02-29T25:00", "soon", ""])(
    "are none: %s",
    (text) => {
      expect(readInstant(text)).toBeUndefined();
    },
  );
});
