/** Compiled BPF objects imported with `{ type: "file" }` give a path (a virtual one inside the executable). */
declare module "*.bpf.o" {
  const path: string;
  export default path;
}
