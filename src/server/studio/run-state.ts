// How a run's state follows from what it tells: the same function on the server and on the page.

import type { CurvePoint, NetState, RunEvent, RunState, RunStatus } from "./fit-answers.js";

/** Points that the curves of a net in training keep: more than a picture has room for. */
export const mostPoints = 300;

export const hasEnded = (status: RunStatus): boolean => ["finished", "stopped", "failed"].includes(status);

/** The state after an event. */
export function advance(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case "state":
      return event.state;
    case "status":
      return { ...state, status: event.status, problem: event.problem };
    case "notice":
      return { ...state, notices: [...state.notices, event.text] };
    case "plan":
      return { ...state, plan: event.plan };
    case "net":
      return {
        ...state,
        step: 0,
        nets: [...state.nets, { setting: event.setting, layers: [], mixed: 1, points: [] }],
      };
    case "layers":
      return withNet(state, (net) => ({ ...net, layers: event.layers, mixed: event.mixed }));
    case "progress":
      return { ...state, step: event.step, seconds: event.seconds };
    case "point":
      return withNet({ ...state, step: event.point.step }, (net) => ({
        ...net,
        points: thinned([...net.points, event.point]),
      }));
    case "result":
      return { ...state, result: event.result };
  }
}

/** With the net that is being trained changed. */
const withNet = (state: RunState, change: (net: NetState) => NetState): RunState => ({
  ...state,
  nets: state.nets.map((net, i) => (i === state.nets.length - 1 ? change(net) : net)),
});

/** The point that a net is judged by. */
export const bestOf = <P extends Pick<CurvePoint, "validationNll">>(points: readonly P[]): P | undefined =>
  points.reduce<P | undefined>((a, b) => (a && a.validationNll <= b.validationNll ? a : b), undefined);

/** Every second point, and so on, until there are few enough; the first, the best and the last stay. */
export function thinned<P extends Pick<CurvePoint, "validationNll">>(
  points: readonly P[],
  most: number = mostPoints,
): readonly P[] {
  if (points.length <= most) return points;
  const best = bestOf(points);
  const last = points.length - 1;
  return thinned(
    points.filter((point, i) => i % 2 === 0 || i === last || point === best),
    most,
  );
}
