/** Authors of collectors use it too: see core/scenarios. */
export * from "../../core/scenarios/topology.ts";
