/**
 * Mutations of limits that all nodes share.
 * @module
 */
import type { limiterBehaviour } from "../../actors/limiter/behaviour.ts";
import type { GateState } from "../../actors/limiter/state.ts";
import type { Mutation } from "./mutation.ts";

type Limiter = typeof limiterBehaviour;

/** Limiters and holders misbehave. */
export const LIMITER_MUTATIONS: readonly Mutation[] = [
  {
    name: "permits-of-others-forgotten",
    breaks: "a limiter grants what other nodes hold",
    cluster: true,
    limiter: receiving((limiter) => (state, message, context) => {
      const own = ({ holders, ...rest }: GateState): GateState => ({
        ...rest,
        holders: holders.filter(({ boot }) => boot === message.boot),
      });
      const gates = new Map([...state.gates].map(([key, gate]) => [key, own(gate)]));
      return limiter.receive({ ...state, gates }, message, context);
    }),
  },
  {
    name: "lost-permits-are-kept",
    breaks: "the permits of a node that is gone stay out",
    cluster: true,
    limiter: receiving((limiter) => (state, message, context) =>
      limiter.receive(state, message, { ...context, lives: () => true })
    ),
  },
  {
    name: "quiet-holders-lose-permits",
    breaks: "a node that says nothing for 2 s loses its permits, though its session lasts",
    cluster: true,
    limiter: receiving((limiter) => (state, message, context) =>
      limiter.receive(state, message, { ...context, lives: () => false })
    ),
  },
  {
    name: "rate-too-fast",
    breaks: "a limiter grants three times as many starts as the rate allows",
    limiter: receiving((limiter) => (state, message, context) => {
      const { rate } = message.limits;
      const limits = { ...message.limits, rate: rate && { ...rate, limit: 3 * rate.limit } };
      return limiter.receive(state, { ...message, limits }, context);
    }),
  },
];

function receiving(broken: (limiter: Limiter) => Limiter["receive"]): Mutation["limiter"] & object {
  return (limiter) => ({ ...limiter, receive: broken(limiter) });
}
