/** What numbers of the section `ovs` are called. Names of actions and keys are those of the running kernel. */
import type { KernelFacts, KeyLookup, Lookup } from "../../core/api/collector.ts";
import { setFields } from "./set-fields.ts";

const eventTypes = ["upcall", "upcall_enqueue", "upcall_return", "recv_upcall", "flow_operation", "action_execute", "flow_lookup"];
const operations = ["exec", "put"];

const actionEnum = "ovs_action_attr";
const actionPrefix = "OVS_ACTION_ATTR_";
const keyEnum = "ovs_key_attr";
const keyPrefix = "OVS_KEY_ATTR_";

/** The kernel's own form of some actions and keys, by the name of what it was given. */
const kernelForms: Readonly<Record<string, string>> = { set_to_masked: "set_masked", tunnel_info: "tunnel" };

/** Bits of `ct_flags`. */
const source = 1 << 5;
const destination = 1 << 6;

/** Names of an enum's values without their prefix; a module that is loaded later is found then. */
function enumNames(kernel: KernelFacts, name: string, prefix: string): Lookup {
  let names: ReadonlyMap<number, string> | undefined;
  return (value) => {
    names ??= readNames(kernel, name, prefix);
    return names?.get(value) ?? String(value);
  };
}

function readNames(kernel: KernelFacts, name: string, prefix: string): ReadonlyMap<number, string> | undefined {
  const values = kernel.enumValues(name);
  // Those that begin with underscores only say how many there are.
  const named = values?.filter((value) => value.name.startsWith(prefix));
  return named && new Map(named.map((value) => [Number(value.value), nameOf(value.name.slice(prefix.length))]));
}

function nameOf(enumerator: string): string {
  const name = enumerator.toLowerCase();
  return kernelForms[name] ?? name;
}

/** Number of the action that the kernel makes of some set_masked actions; 0 when it has none. */
export function setToMasked(kernel: KernelFacts): number {
  const value = kernel.enumValues(actionEnum)?.find(({ name }) => name === `${actionPrefix}SET_TO_MASKED`);
  return Number(value?.value ?? 0);
}

/** Lookups of the section that need several numbers. */
export const ovsTexts: Readonly<Record<string, KeyLookup>> = { set_fields: setFields };

/** Lookups of the section. */
export function ovsNames(kernel: KernelFacts): Readonly<Record<string, Lookup>> {
  const actionName = enumNames(kernel, actionEnum, actionPrefix);
  return {
    event_type: (value) => eventTypes[value] ?? String(value),
    op_type: (value) => operations[value],
    nat_dir: (flags) => (flags & source ? "src" : flags & destination ? "dst" : undefined),
    // 0 is not an action; files have none then.
    action: (value) => (value === 0 ? undefined : actionName(value)),
    key: enumNames(kernel, keyEnum, keyPrefix),
    no_text: () => "",
    no_texts: () => [],
  };
}
