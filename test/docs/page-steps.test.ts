import { expect, test } from "bun:test";
import { stepsOf, strayCommands } from "./page-steps.ts";

const page = `# A page
<!-- test: needs kprobes nft-trace -->
<!-- test: files a/b.lua -->
\`\`\`sh
retis doctor   # a word

# a remark
python3 -c 'print(1)
print(2)' \\
  x
\`\`\`

\`\`\`yaml mine.yaml
version: 1.0
\`\`\`

\`\`\`
what a command prints
\`\`\`

<!-- test: not run: needs a reason -->
\`\`\`sh
npm start
\`\`\`
`;

test("commands and files come in page order, with their lines and marks", () => {
  const marks = { needs: ["kprobes", "nft-trace"], files: ["a/b.lua"], failsWith: undefined, notRun: undefined };
  expect(stepsOf("p.md", page)).toEqual([
    { kind: "command", page: "p.md", line: 5, text: "retis doctor   # a word", ...marks },
    { kind: "command", page: "p.md", line: 8, text: "python3 -c 'print(1)\nprint(2)' \\\n  x", ...marks },
    { kind: "file", page: "p.md", line: 14, name: "mine.yaml", text: "version: 1.0\n" },
    { kind: "command", page: "p.md", line: 23, text: "npm start", needs: [], files: [], failsWith: undefined, notRun: "needs a reason" },
  ]);
});

test("a failing command has the messages after it", () => {
  const failing = "<!-- test: fails -->\n```sh\nretis nothing\n```\n\n";
  expect(stepsOf("p.md", `${failing}\`\`\`\nerror: …\nhint: x\n\`\`\`\n`)).toMatchObject([{ failsWith: "error: …\nhint: x\n" }]);
  expect(() => stepsOf("p.md", failing)).toThrow("p.md:3: no block with the messages");
});

test.each([
  ["an unknown mark", "<!-- test: neds kprobes -->\n```sh\nretis doctor\n```\n", 'p.md:1: unknown mark "neds kprobes"'],
  ["a mark without commands", "<!-- test: needs kprobes -->\n\ntext\n", "no command block follows"],
  ["a mark before something else", "<!-- test: needs kprobes -->\n```\noutput\n```\n", "p.md:3: no command block follows"],
  ["a block without end", "```sh\nretis doctor\n", "line 1: the block has no end"],
  ["a command without end", "```sh\nretis print 'x\n```\n", "the shell finds no end of: retis print 'x"],
])("%s is an error", (_, markdown, message) => {
  expect(() => stepsOf("p.md", markdown)).toThrow(message);
});

test("commands outside of command blocks are found", () => {
  expect(strayCommands(page)).toEqual([]);
  expect(strayCommands("text\n\n    retis doctor\n\n```\nnpm test now\n```\n\n    retis  | table\n")).toEqual([3, 6]);
});
