/** `--netns`: which network namespaces packets passed. */
import type { Event, SectionData } from "../../api/event.ts";
import { labelOf } from "../../api/workload.ts";
import { anyOf } from "./text-pattern.ts";

/** Namespaces that are listed in a warning. */
const maxListed = 5;

/** One item of the list. */
interface Item {
  readonly text: string;
  readonly matches: (names: readonly string[], inode: string, cookie: string | undefined) => boolean;
  /** Cookies of the namespaces that an exact name or number matched: more than one are different namespaces. */
  readonly found: Set<string>;
}

/** `NAME` (of a pod, container, unit or process too), `INODE`, or `0xCOOKIE` with or without `/INODE`, as events' text shows it. */
export class NetnsChoice {
  readonly #items: readonly Item[];

  constructor(texts: readonly string[]) {
    this.#items = texts.map(itemOf);
  }

  matches({ netns }: Event): boolean {
    if (netns === undefined) return false;
    const { inum, cookie } = netns;
    const hexCookie = typeof cookie === "number" || typeof cookie === "bigint" ? `0x${cookie.toString(16)}` : undefined;
    const chosen = this.#items.filter((item) => item.matches(namesOf(netns), textOf(inum), hexCookie));
    for (const { found } of chosen) if (hexCookie !== undefined && found.size <= maxListed) found.add(hexCookie);
    return chosen.length > 0;
  }

  /** What the user should know once all events were seen: a name or number was that of several namespaces. */
  warnings(): readonly string[] {
    return this.#items
      .filter(({ text, found }) => found.size > 1 && !text.includes("*"))
      .map(({ text, found }) => {
        const [first] = found;
        const cookies = [...found].slice(0, maxListed).join(", ") + (found.size > maxListed ? ", …" : "");
        return `--netns ${text} chose several namespaces (${cookies}): names and numbers are given again; choose one by its cookie, e.g. --netns ${first}`;
      });
  }
}

function itemOf(text: string): Item {
  const byCookie = /^(0x[0-9a-f]+)(?:\/(\d+))?$/i.exec(text);
  const pattern = anyOf([text]);
  const wanted = byCookie?.[1]?.toLowerCase().replace(/^0x0+(?=.)/, "0x");
  const matches: Item["matches"] = (names, inode, cookie) => {
    if (wanted !== undefined && cookie === wanted) return byCookie?.[2] === undefined || byCookie[2] === inode;
    return names.some((name) => pattern.test(name)) || pattern.test(inode);
  };
  return { text, matches, found: new Set() };
}

/** The name of each kind, alone and as text shows it. */
function namesOf({ name, ...others }: SectionData): readonly string[] {
  const owners = (["pod", "container", "unit", "process"] as const).flatMap((kind) => {
    const text = textOf(others[kind]);
    return text === "" ? [] : [text, labelOf({ text, kind })];
  });
  return [textOf(name), ...owners];
}

/** Of a file, so of any type. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : "";
}
