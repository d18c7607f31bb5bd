/** The host as a recording has it: what collectors ask while it is made is noted, and answered again when it is decoded. */
import type { Host, KernelFacts, UserspaceFacts } from "../api/host.ts";
import { log } from "../base/log.ts";
import type { AnswerLog, RecordedAnswers } from "./answer-log.ts";

/** The same host, whose answers are noted. */
export function notingHost(host: Host, answers: AnswerLog): Host {
  return {
    ...host,
    kernel: noting("kernel", host.kernel, answers),
    userspace: noting("userspace", host.userspace, answers),
    whyUnprobeable: (probe) => answers.note("whyUnprobeable", [probe], host.whyUnprobeable(probe)),
  };
}

function noting<T extends object>(name: string, facts: T, answers: AnswerLog): T {
  return new Proxy(facts, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof property === "symbol") return value;
      if (typeof value !== "function") return answers.note(`${name}.${property}`, [], value);
      return (...args: readonly unknown[]) => answers.note(`${name}.${property}`, args, value.apply(target, args));
    },
  });
}

/** What a question without an answer gives, where `undefined` is not in the contract. */
const defaults: Readonly<Record<string, unknown>> = {
  "kernel.release": "",
  "kernel.dropReason": { subsystem: undefined, name: undefined },
  "kernel.hasStruct": false,
  "kernel.hasIntegerMember": false,
  "userspace.processes": [],
};

/** A host that knows what the recording knows; nothing of this machine is looked at. */
export function recordedHost(answers: RecordedAnswers): Host {
  return {
    kernel: answering<KernelFacts>("kernel", answers),
    userspace: answering<UserspaceFacts>("userspace", answers),
    whyUnprobeable: (probe) => answers.get("whyUnprobeable", probe) as string | undefined,
    now: () => 0n,
    openNamespace: () => undefined,
    workloads: { ofProcess: () => ({}), ofControlGroup: () => ({}), controlGroupPath: () => undefined, ofNamespace: () => ({}) },
    log,
    systemChangesAllowed: false,
  };
}

function answering<T extends object>(name: string, answers: RecordedAnswers): T {
  const answer = (question: string, args: readonly unknown[]) => answers.get(question, ...args) ?? defaults[question];
  const values = new Set(["release"]);
  return new Proxy({} as T, {
    get(_, property) {
      if (typeof property === "symbol") return undefined;
      const question = `${name}.${property}`;
      return values.has(property) ? answer(question, []) : (...args: readonly unknown[]) => answer(question, args);
    },
  });
}
