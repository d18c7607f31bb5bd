/**
 * What JavaScript itself provides, as it was before code of third parties ran. Prototypes cannot be frozen: objects that inherit from
 * a frozen one can have no property of a name that it has, which breaks correct programs. So each change is found and undone.
 *
 * Nothing here may call what could have been changed: only functions that were taken before, and plain loops.
 */

const { ownKeys, getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;
const { is } = Object;

/** One property as it was. */
interface Property {
  readonly object: object;
  readonly key: PropertyKey;
  readonly descriptor: PropertyDescriptor;
  /** For messages, e.g. `Array.prototype.map`. */
  readonly path: string;
}

/** A prototype, which shall get no further properties. */
interface Closed {
  readonly name: string;
  readonly object: object;
  /** Its keys, as those of an object without prototype. */
  readonly keys: Readonly<Record<PropertyKey, true | undefined>>;
}

const classes = [
  ...["Object", "Function", "Array", "String", "Number", "Boolean", "BigInt", "Symbol", "Date", "RegExp", "Error", "TypeError", "Promise"],
  ...["Map", "Set", "WeakMap", "WeakSet", "ArrayBuffer", "DataView", "Uint8Array", "Int32Array", "Uint32Array", "BigUint64Array"],
  ...["TextEncoder", "TextDecoder", "AbortController", "AbortSignal", "EventTarget"],
];
const namespaces = ["JSON", "Math", "Reflect", "Atomics"];
const functions = [
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "queueMicrotask",
  "structuredClone",
];
/** Of objects whose other properties are made on first use, which takes long. */
const ofBun = ["write", "file", "spawn", "spawnSync", "sleep", "sleepSync", "plugin", "build"];
const ofConsole = ["log", "info", "debug", "warn", "error"];
const ofProcess = ["exit", "reallyExit", "abort", "kill", "on", "once", "addListener", "emit", "nextTick", "cwd", "memoryUsage"];

const globals = globalThis as unknown as Readonly<Record<string, object | undefined>>;

/** The built-in objects as they are when it is made. */
export class Builtins {
  readonly #properties: readonly Property[];
  readonly #closed: readonly Closed[];

  constructor() {
    const typedArray = (Object.getPrototypeOf(Uint8Array) as { readonly prototype: object }).prototype;
    const prototypes = classes.map((name) => [`${name}.prototype`, (globals[name] as { readonly prototype: object }).prototype] as const);
    const whole = [...classes, ...namespaces].map((name) => [name, globals[name] as object] as const);
    this.#closed = [["TypedArray.prototype", typedArray] as const, ...prototypes].map(([name, object]) => closed(name, object));
    this.#properties = [
      ...this.#closed.flatMap(({ name, object }) => propertiesOf(name, object, ownKeys(object))),
      ...whole.flatMap(([name, object]) => propertiesOf(name, object, ownKeys(object))),
      ...propertiesOf("globalThis", globalThis, [...classes, ...namespaces, ...functions]),
      ...propertiesOf("console", console, ofConsole),
      ...propertiesOf("Bun", Bun, ofBun),
      ...propertiesOf("process", process, ofProcess),
    ];
  }

  /** Undoes what was changed since; names of what was replaced, or added to a prototype, e.g. `Array.prototype.map`. */
  restore(): readonly string[] {
    const changed: string[] = [];
    let count = 0;
    for (let at = 0; at < this.#properties.length; at++) {
      const { object, key, descriptor, path } = this.#properties[at]!;
      if (isSame(descriptor, getOwnPropertyDescriptor(object, key))) continue;
      defineProperty(object, key, descriptor);
      changed[count++] = path;
    }
    for (let at = 0; at < this.#closed.length; at++) {
      const { name, object, keys } = this.#closed[at]!;
      const now = ownKeys(object);
      for (let index = 0; index < now.length; index++) {
        const key = now[index]!;
        if (keys[key]) continue;
        deleteProperty(object, key);
        changed[count++] = `${name}.${typeof key === "symbol" ? "[symbol]" : key}`;
      }
    }
    return changed;
  }
}

function closed(name: string, object: object): Closed {
  const keys: Record<PropertyKey, true> = Object.create(null);
  for (const key of ownKeys(object)) keys[key] = true;
  return { name, object, keys };
}

function propertiesOf(name: string, object: object, keys: readonly PropertyKey[]): readonly Property[] {
  return keys.flatMap((key) => {
    const descriptor = getOwnPropertyDescriptor(object, key);
    return descriptor === undefined ? [] : [{ object, key, descriptor, path: `${name}.${String(key)}` }];
  });
}

function isSame(before: PropertyDescriptor, now: PropertyDescriptor | undefined): boolean {
  return now !== undefined && is(before.value, now.value) && before.get === now.get && before.set === now.set;
}
